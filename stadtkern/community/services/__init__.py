"""What is done around data."""
