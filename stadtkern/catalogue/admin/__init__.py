"""The back office of the open data portal."""
