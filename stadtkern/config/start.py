"""Start Django, for commands that need it."""

import os


def start_django() -> None:
    """Load the settings and all apps."""
    import django  # noqa: PLC0415  # most commands start children and never need it

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    django.setup()
