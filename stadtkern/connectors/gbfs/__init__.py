"""Rental bikes, scooters and cars (GBFS)."""
