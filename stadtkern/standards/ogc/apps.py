"""Registration with Django."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class OgcConfig(AppConfig):
    """The interface as an application: it gives SQLite the function that compares text without case."""

    name = "stadtkern.standards.ogc"
    label = "ogc"

    def ready(self) -> None:
        """Give each new connection our function, and what is kept of layers an end."""
        from stadtkern.features import services, tiles  # noqa: PLC0415  # need the models
        from stadtkern.governance import retention  # noqa: PLC0415
        from stadtkern.standards.ogc import map_source  # noqa: PLC0415
        from stadtkern.web import map_layers  # noqa: PLC0415

        retention.register("features.loadings", services.sweep)
        retention.register("features.tiles", lambda _moment: tiles.prune())
        map_layers.add_source("collections", map_source.layers)
        connection_created.connect(_register, dispatch_uid="ogc")


def _register(connection: Any, **_facts: Any) -> None:  # noqa: ANN401  # as the signal has it
    if connection.vendor == "sqlite":
        connection.connection.create_function("FOLD_CASE", 1, _fold, deterministic=True)


def _fold(text: object) -> object:
    return text.lower() if isinstance(text, str) else text
