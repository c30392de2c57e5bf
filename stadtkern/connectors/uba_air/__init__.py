"""Air quality network of Germany."""
