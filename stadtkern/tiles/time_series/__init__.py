"""Tile: The course of up to four series."""
