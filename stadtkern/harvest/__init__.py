"""Datasets taken over from other catalogues."""
