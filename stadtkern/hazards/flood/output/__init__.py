"""Results: rasters, series, tables, polygons and the summary."""
