"""Tile: Weather now and forecast."""
