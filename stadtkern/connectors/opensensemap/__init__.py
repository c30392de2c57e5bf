"""Sensor boxes of citizens and schools (openSenseMap)."""
