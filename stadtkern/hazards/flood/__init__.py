"""Floods: rivers, broken dikes and heavy rain in two dimensions on the terrain raster."""
