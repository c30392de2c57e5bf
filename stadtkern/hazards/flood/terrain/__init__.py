"""Terrain: from files of any source to one grid of heights, and what lies on it."""
