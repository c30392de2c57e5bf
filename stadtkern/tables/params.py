"""Reads and writes the questions in addresses."""
