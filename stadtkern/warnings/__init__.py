"""Rules on data, and what they found."""
