"""Plugins: outside data sources; one folder each, see `contracts/connector.py`."""
