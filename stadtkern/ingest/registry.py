"""The connectors that are installed, and the settings of a source with defaults filled in."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from stadtkern.base.errors import NotFound
from stadtkern.base.plugins import plugins
from stadtkern.contracts.connector import Connector


@cache
def connectors() -> dict[str, Connector]:
    """Return every installed connector by slug."""
    return plugins("stadtkern.connectors", "connector", Connector)


def connector_of(slug: str) -> Connector:
    """Return one connector.

    Raises
    ------
    NotFound
        if no such connector is installed.
    """
    try:
        return connectors()[slug]
    except KeyError:
        raise NotFound(f"No connector “{slug}” is installed.") from None


def connector_choices() -> list[tuple[str, object]]:
    """Return the choices of a form field: slug and title."""
    return sorted(
        ((slug, c.title) for slug, c in connectors().items()), key=lambda pair: str(pair[1]).lower()
    )


def filled(connector: Connector, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a source with the defaults of its connector under them."""
    return {option.name: option.default for option in connector.options} | dict(options)
