"""Gauges of the flood portal of Brandenburg."""
