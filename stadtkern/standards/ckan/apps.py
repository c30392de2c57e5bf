"""Registration with Django."""

from django.apps import AppConfig


class CkanConfig(AppConfig):
    """The interface as an application."""

    name = "stadtkern.standards.ckan"
    label = "ckan"
