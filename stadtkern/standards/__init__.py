"""Plugins: published interfaces; one folder each, see `contracts/standard.py`."""
