"""Weather stations of the German weather service."""
