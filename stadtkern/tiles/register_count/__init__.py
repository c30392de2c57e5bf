"""Tile: How much the town measures."""
