"""Masterportal 3: the configuration by which an unmodified Masterportal shows the layers of the town."""
