"""Checks plans that come from forms."""
