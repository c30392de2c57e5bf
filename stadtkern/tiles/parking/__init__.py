"""Tile: Free parking spaces."""
