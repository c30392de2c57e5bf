"""Scenarios: the file that says what is simulated, its keys and how it is checked."""
