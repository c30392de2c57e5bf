"""Tile: The water level of a river."""
