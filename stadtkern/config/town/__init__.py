"""A town as data: reads the folder `towns/<town>/` into the database; may be run again at any time."""
