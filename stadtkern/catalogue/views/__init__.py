"""What the addresses of the catalogue answer."""
