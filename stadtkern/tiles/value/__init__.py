"""Tile: One newest value."""
