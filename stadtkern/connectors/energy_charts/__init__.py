"""Electricity prices, generation and traffic light (energy-charts.info)."""
