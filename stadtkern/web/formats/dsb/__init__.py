"""Lower Sorbian."""
