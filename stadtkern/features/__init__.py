"""Things with a place, in collections that can be asked by rectangle; what maps and OGC interfaces serve."""
