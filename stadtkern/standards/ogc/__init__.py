"""OGC API Features (parts 1 to 3), Tiles and Records: every collection of the town for maps and programs."""
