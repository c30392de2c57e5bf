"""Tile: Links."""
