"""GeoDjango on plain SQLite, without any system library.

A geometry column is a blob of extended well-known binary (EWKB). The SQL functions which GeoDjango expects of
SpatiaLite are Python functions on shapely and pyproj, and each geometry column has an R*Tree beside it which
triggers keep; the usual lookups use that tree by themselves.

Units: as on PostGIS, everything is in the units of the column's coordinate system, except that lengths, areas
and distances of a geographic system (longitude and latitude) are metres on the ellipsoid. See `geodesic` for
what is exact. A program other than ours can read such a file, but not write to tables with geometries, for it
lacks the functions that the triggers call.
"""
