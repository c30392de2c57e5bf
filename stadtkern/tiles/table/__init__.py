"""Tile: A table of newest values."""
