"""Tile: Charging points."""
