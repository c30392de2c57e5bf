"""Gauges of the Polish hydrological service."""
