"""Registration with Django."""

from django.apps import AppConfig


class CswConfig(AppConfig):
    """The interface as an application."""

    name = "stadtkern.standards.csw"
    label = "csw"
