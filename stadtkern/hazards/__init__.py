"""Numerical models of hazards: one folder each, free of Django (contract: `contracts/hazard.py`)."""
