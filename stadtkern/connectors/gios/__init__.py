"""Air quality network of Poland."""
