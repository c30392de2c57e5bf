"""Car parks by ParkAPI and simple JSON and GeoJSON lists of towns."""
