"""What the services take: an entity as somebody wants it, checked value by value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.contrib.gis.geos import GEOSGeometry


class Place(NamedTuple):
    """A place as it was sent, and the geometry in it (EPSG:4326) if the encoding is known to us."""

    document: Any
    geometry: GEOSGeometry | None


class Result(NamedTuple):
    """The checked parts of an Observation; times in microseconds since 1970."""

    time: int
    end: int | None = None
    number: float | None = None
    """The result where it is a number, else None."""
    value: Any = None
    """The result where it is no number: text, boolean, list or object."""
    result_time: int | None = None
    valid_from: int | None = None
    valid_to: int | None = None
    parameters: Any = None
    result_quality: Any = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An entity, or the part of it that is to change.

    Parameters
    ----------
    kind
        name of the entity type in SensorThings, in the singular.
    values
        checked values by the names of the standard: texts, JSON values, times in microseconds, `Place` for
        places, one `Result` under the name `result` for Observations.
    links
        by the name of the link: identifiers of what is there already, drafts of what is to be made.
    where
        path within what was sent, for messages; empty: the top.
    """

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, tuple["int | Draft", ...]] = field(default_factory=dict)
    where: str = ""
