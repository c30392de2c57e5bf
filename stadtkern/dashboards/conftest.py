"""Fixtures of cockpits and tiles."""

from stadtkern.dashboards.fixtures import _fresh, make_cockpit, noon, profile, show, store

__all__ = ["_fresh", "make_cockpit", "noon", "profile", "show", "store"]
