"""Public charging points for electric cars (register of the Bundesnetzagentur)."""
