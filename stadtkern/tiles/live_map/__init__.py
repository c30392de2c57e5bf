"""Tile: A map of newest values."""
