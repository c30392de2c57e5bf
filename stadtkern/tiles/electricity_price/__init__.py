"""Tile: Price of electricity by the hour."""
