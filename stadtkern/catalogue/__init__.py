"""Datasets in DCAT terms: what the town publishes, and what of it comes from others."""
