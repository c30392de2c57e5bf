"""Weather stations of the Polish weather service."""
