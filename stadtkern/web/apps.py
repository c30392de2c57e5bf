"""The app `web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Base templates, editorial pages, map, charts."""

    name = "stadtkern.web"
