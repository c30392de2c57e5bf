"""What people meet in a browser: keyboard, screen reader, small screens, dark mode, strict CSP."""
