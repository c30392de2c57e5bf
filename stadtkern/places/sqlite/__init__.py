"""GeoDjango on plain SQLite."""
