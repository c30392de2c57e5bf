"""Citizen sensors for particulates, climate and noise (sensor.community)."""
