"""Tile: Air quality in plain words."""
