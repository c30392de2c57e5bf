"""Car parks by DATEX II (Mobilithek), both dialects."""
