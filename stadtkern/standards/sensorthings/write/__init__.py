"""Creating, changing and deleting entities by HTTP (OGC 18-088 section 10)."""
