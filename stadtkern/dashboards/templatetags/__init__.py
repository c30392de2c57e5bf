"""Template tags of tiles."""
