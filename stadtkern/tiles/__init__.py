"""Plugins: boxes on a dashboard; one folder each, see `contracts/tile.py`."""
