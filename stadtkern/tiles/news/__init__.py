"""Tile: Newest pages."""
