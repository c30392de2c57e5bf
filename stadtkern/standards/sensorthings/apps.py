"""Registration with Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class SensorThingsConfig(AppConfig):
    """The interface as an application: it gives new connections the functions that its queries use."""

    name = "stadtkern.standards.sensorthings"
    label = "sensorthings"

    def ready(self) -> None:
        """Give each new connection our functions."""
        from stadtkern.standards.sensorthings.compile.sqlite_functions import register  # noqa: PLC0415  # apps first

        connection_created.connect(register, dispatch_uid="sensorthings")
