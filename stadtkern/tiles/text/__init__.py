"""Tile: Text with a picture."""
