"""Date and number formats that Django lacks."""
