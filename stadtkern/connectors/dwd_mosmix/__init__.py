"""Point forecasts of the German weather service."""
