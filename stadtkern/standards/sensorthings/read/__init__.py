"""Entities out of the database as the documents of the standard."""
