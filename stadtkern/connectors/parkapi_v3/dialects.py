"""Names under which towns write the same facts about a car park; the first one that is filled counts."""

from collections.abc import Mapping
from typing import Any

from stadtkern.base.fields import flatten

NAMES: Mapping[str, tuple[str, ...]] = {
    "key": (
        "original_uid",
        "uid",
        "id2",
        "obs_parkid",
        "garageCode",
        "park_id",
        "id",
        "gid",
        "objectid",
        "fid",
        "name",
    ),
    "name": ("name", "park_name", "title", "ort", "bez", "Name", "address", "Adresse", "garageCode"),
    "free": ("realtime_free_capacity", "free", "obs_free", "vacantSpaces", "bookable", "b_pls_rest"),
    "occupied": ("realtime_occupied", "vehicleCount", "currentcarparkfulltotal", "occupied"),
    "capacity": (
        "realtime_capacity",
        "capacity",
        "obs_max",
        "parkingCapacity",
        "totalSpaces",
        "maxcarparkfull",
        "sum_boxes",
        "total",
        "Kapazität",
        "kapazitaet",
    ),
    "time": (
        "realtime_data_updated_at",
        "reatime_data_updated",  # as VRN writes it
        "published",
        "obs_ts",
        "timestamp",
        "date",
        "last_updated",
    ),
    "longitude": ("lon", "lng", "long", "longitude"),
    "latitude": ("lat", "latitude"),
    "opening": ("realtime_opening_status", "state"),
}
EMPTY = ("", None)
MAX_FIELDS = 400


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row by their last name; outer fields win over inner ones of the same name."""
    fields = {name: value for name, value in row.items() if not isinstance(value, dict | list)}
    for number, (name, value) in enumerate(flatten(row)):
        if number >= MAX_FIELDS:
            break
        fields.setdefault(name.rpartition(".")[2], value)
    return fields


def fact(fields: Mapping[str, Any], what: str) -> Any:  # noqa: ANN401  (any JSON value)
    """Return the value of the first filled field that stands for `what`."""
    return next((fields[name] for name in NAMES[what] if fields.get(name) not in EMPTY), None)
