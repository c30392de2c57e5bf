"""The interface as the program finds it."""

from typing import Any

from stadtkern.contracts.messages import Messages
from stadtkern.contracts.standard import Standard

VERSION = "v1.1"


def messages() -> Messages:
    """Return what is offered over MQTT; it needs the models, which are not loaded yet when this file is."""
    from stadtkern.standards.sensorthings.mqtt import SensorThingsMessages  # noqa: PLC0415

    return SensorThingsMessages()


def short_way(application: Any) -> Any:  # noqa: ANN401  # ASGI applications
    """Return the application with the short way for observations in front of it."""
    from stadtkern.standards.sensorthings.lean import Lean  # noqa: PLC0415

    return Lean(application)


standard = Standard(
    title="SensorThings API",
    specification="https://docs.ogc.org/is/18-088/18-088.html",
    prefix=f"sta/{VERSION}/",
    messages=messages,
    short_way=short_way,
)
