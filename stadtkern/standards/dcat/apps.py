"""Registration with Django."""

from django.apps import AppConfig


class DcatConfig(AppConfig):
    """The interface as an application."""

    name = "stadtkern.standards.dcat"
    label = "dcat"
