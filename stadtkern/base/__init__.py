"""Discovery, HTTP fetching, clock, units, errors; no Django."""
