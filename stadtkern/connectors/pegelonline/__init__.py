"""Gauges of the German federal waterways."""
