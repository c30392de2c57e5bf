"""What may be done with datasets and their tables."""
