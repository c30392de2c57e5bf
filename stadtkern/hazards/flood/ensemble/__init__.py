"""Ensembles: many runs with uncertain input, and what they say together."""
