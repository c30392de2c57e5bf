"""Start Django, for commands that need it."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (100_000, 50, 100)
"""Thresholds of the garbage collector for work that makes very many objects and lets go of few."""


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for garbage seldom: while apps are loaded or tables migrated, most of the looking is in vain."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def start_django() -> None:
    """Load the settings and all apps."""
    import django  # noqa: PLC0415  # most commands start children and never need it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    with seldom_collecting():
        django.setup()
    gc.freeze()  # what is loaded by now stays, so nobody needs to look through it again
