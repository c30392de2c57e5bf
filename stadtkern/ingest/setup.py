"""A whole set-up as one JSON document: what is measured where and why, without the readings.

The document names everything by its natural key, so that it can be brought into another installation, edited
by hand, compared and kept under version control. Readings, secrets and persons are not in it.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import shapely
from django.contrib.gis.db.models import GeometryField
from django.contrib.gis.geos import GEOSException, GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.dateparse import parse_datetime, parse_duration
from django.utils.duration import duration_iso_string

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source, SourceState
from stadtkern.observations.fields import InstantField
from stadtkern.observations.models import (
    Datastream,
    MultiComponent,
    ObservedProperty,
    Sensor,
    Thing,
    Threshold,
)
from stadtkern.observations.services.stations import remember_places
from stadtkern.people.models import Organisation, User

FORMAT = 1
MOST_PROBLEMS = 100
Key = tuple[object, ...]
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One list of the document: the model behind it and how an entry is told from others."""

    name: str
    model: type[models.Model]
    key: Sequence[str]
    fields: Sequence[str]
    links: Mapping[str, str] = field(default_factory=dict)
    """Field -> kind that it names."""
    related: Sequence[str] = ()
    """What `key_of` reads of other tables, fetched with the rows."""


KINDS: Sequence[Kind] = (
    Kind(
        name="organisations",
        model=Organisation,
        key=("slug",),
        fields=("name", "homepage", "email"),
        links={"parent": "organisations"},
    ),
    Kind(
        name="profiles",
        model=DataProfile,
        key=("slug",),
        fields=(
            *("title", "purpose", "legal_basis", "has_personal_data", "licence", "attribution", "retention"),
            *("archive_after", "update_rhythm", "quality", "is_published"),
        ),
        links={"owner": "organisations"},
    ),
    Kind(
        name="properties",
        model=ObservedProperty,
        key=("slug",),
        fields=(
            *("name", "unit", "decimals", "definition", "description", "properties"),
            *("minimum", "maximum", "physical_minimum", "physical_maximum"),
        ),
    ),
    Kind(
        name="sensors",
        model=Sensor,
        key=("source", "name"),
        fields=("description", "encoding_type", "metadata", "metadata_document", "properties"),
    ),
    Kind(
        name="things",
        model=Thing,
        key=("source", "key"),
        fields=("name", "description", "location", "properties"),
    ),
    Kind(
        name="streams",
        model=Datastream,
        key=("key",),
        fields=(
            *("name", "description", "observation_type", "unit", "unit_of_measurement", "is_multi"),
            *("is_forecast", "duplicates", "properties"),
        ),
        links={
            "thing": "things",
            "observed_property": "properties",
            "sensor": "sensors",
            "profile": "profiles",
        },
    ),
    Kind(
        name="components",
        model=MultiComponent,
        key=("datastream", "position"),
        fields=("observation_type", "unit", "unit_of_measurement"),
        links={"datastream": "streams", "observed_property": "properties"},
        related=("datastream",),
    ),
    Kind(
        name="thresholds",
        model=Threshold,
        key=("datastream", "name", "valid_from"),
        fields=("value", "severity", "valid_to"),
        links={"datastream": "streams"},
        related=("datastream",),
    ),
    Kind(
        name="sources",
        model=Source,
        key=("slug",),
        fields=("connector", "title", "options", "interval", "is_paused", "licence", "attribution"),
        links={"profile": "profiles"},
    ),
)
_BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(slots=True)
class Report:
    """What an import did, or would do."""

    created: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    unchanged: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """One line each: which entry, which field, what is wrong. If there is one, nothing was written."""

    def lines(self) -> list[tuple[str, int, int, int]]:
        """Return kind, created, changed and unchanged of all that was in the document."""
        counted = (self.created, self.changed, self.unchanged)
        return [
            (name, self.created.get(name, 0), self.changed.get(name, 0), self.unchanged.get(name, 0))
            for name in _BY_NAME
            if any(name in counts for counts in counted)
        ]


class _Wrong(ValueError):
    """What is wrong with one field of an entry."""


def export_setup(*, by: User | None = None) -> dict[str, Any]:
    """Return the set-up of this installation; one query for each kind."""
    if by is not None and not by.has_perm("ingest.export_setup"):
        raise NotPermitted("Only editors may export the set-up.")
    names: dict[str, dict[int, list[object]]] = {}
    document: dict[str, Any] = {"format": FORMAT}
    for kind in KINDS:
        order = [f"{name}__key" if name in kind.links else name for name in kind.key]
        rows = list(kind.model._default_manager.select_related(*kind.related).order_by(*order))  # noqa: SLF001
        names[kind.name] = {row.pk: _named(kind, row) for row in rows}
        document[kind.name] = [_entry(kind, row, names) for row in rows]
    return document


def dump(document: Mapping[str, Any]) -> str:
    """Return the document as text that people can read and compare."""
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def _named(kind: Kind, row: models.Model) -> list[object]:
    """Return the natural key of a row as the document writes it."""
    return [_read(kind, row, name) for name in kind.key]


def _read(kind: Kind, row: models.Model, name: str) -> object:
    if name in kind.links:  # a key holds links to datastreams only
        return getattr(row, name).key
    return _plain(kind.model._meta.get_field(name), getattr(row, name))  # noqa: SLF001


def _plain(column: object, value: object) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(column, GeometryField) and isinstance(value, GEOSGeometry):
        return json.loads(value.geojson)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _entry(kind: Kind, row: models.Model, names: Mapping[str, Mapping[int, list[object]]]) -> dict[str, Any]:
    entry: dict[str, Any] = dict(zip(kind.key, _named(kind, row), strict=True))
    for name in kind.fields:
        entry[name] = _read(kind, row, name)
    for name, target in kind.links.items():
        if name in kind.key:
            continue
        pk = getattr(row, f"{name}_id")
        known = names[target].get(pk)
        if known is None and pk is not None:  # an organisation whose parent comes later in the list
            known = _named(_BY_NAME[target], getattr(row, name))
        entry[name] = _reference(known)
    return entry


def _reference(key: Sequence[object] | None) -> object:
    """Return how an entry names another: by one text, or by a list where the key has parts."""
    if key is None:
        return None
    return key[0] if len(key) == 1 else list(key)


def import_setup(document: object, *, by: User | None = None, dry_run: bool = False) -> Report:
    """Make or update what the document names; nothing that it does not name is touched or deleted.

    All of it or nothing: with one wrong entry, and with `dry_run`, the database stays as it is.

    Raises
    ------
    BadInput
        if this is not a set-up at all.
    NotPermitted
        if the person is not an administrator.
    """
    if by is not None and not by.has_perm("ingest.import_setup"):
        raise NotPermitted("Only administrators may import a set-up.")
    lists = _lists(document)
    report = Report()
    with transaction.atomic():
        found: dict[str, dict[Key, models.Model]] = {}
        for kind in KINDS:
            _import_kind(kind, lists.get(kind.name, []), found, report)
        if dry_run or report.problems:
            transaction.set_rollback(True)
    return report


def _lists(document: object) -> dict[str, list[Entry]]:
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise BadInput(f'This is not a set-up: a JSON object with "format": {FORMAT} is expected.')
    unknown = sorted(set(document) - {"format", *_BY_NAME})
    if unknown:
        raise BadInput(f"Unknown lists: {', '.join(map(str, unknown))[:200]}. Known: {', '.join(_BY_NAME)}.")
    for name in _BY_NAME:
        if not isinstance(document.get(name, []), list):
            raise BadInput(f'"{name}" must be a list.')
    return {name: document[name] for name in _BY_NAME if name in document}


def _import_kind(
    kind: Kind, entries: Sequence[Entry], found: dict[str, dict[Key, models.Model]], report: Report
) -> None:
    rows = kind.model._default_manager.select_related(*kind.related)  # noqa: SLF001
    found[kind.name] = {tuple(_named(kind, row)): row for row in rows}
    seen: set[Key] = set()
    for number, entry in _parents_first(kind, entries):
        if len(report.problems) >= MOST_PROBLEMS:
            return
        try:
            key = _key(kind, entry)
            if key in seen:
                raise _Wrong("stands twice in the list")  # noqa: TRY301  # one place turns it into a line
            seen.add(key)
            _save(kind, entry, key, found, report)
        except (_Wrong, ValidationError) as error:
            report.problems += [f"{kind.name}[{number}]: {line}" for line in _complaints(error)]


def _parents_first(kind: Kind, entries: Sequence[Entry]) -> Iterator[tuple[int, Entry]]:
    """Yield the entries with their numbers, each after the one of the same list that it names."""
    own = next((name for name, target in kind.links.items() if target == kind.name), None)
    waiting = dict(enumerate(entries))
    while waiting:
        names = {str(entry.get(kind.key[0])) for entry in waiting.values() if isinstance(entry, Mapping)}
        ready = [
            number
            for number, entry in waiting.items()
            if own is None or not isinstance(entry, Mapping) or not _reference_in(entry.get(own), names)
        ]
        for number in ready or list(waiting):  # a circle is complained of where it is saved
            yield number, waiting.pop(number)


def _reference_in(value: object, names: Collection[object]) -> bool:
    return isinstance(value, str) and value in names


def _complaints(error: _Wrong | ValidationError) -> list[str]:
    if isinstance(error, ValidationError):
        if hasattr(error, "error_dict"):
            return [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
        return list(error.messages)
    return [str(error)]


def _key(kind: Kind, entry: object) -> Key:
    if not isinstance(entry, Mapping):
        raise _Wrong("must be an object")
    unknown = sorted(set(map(str, entry)) - {*kind.key, *kind.fields, *kind.links})
    if unknown:
        raise _Wrong(f"unknown field {unknown[0][:100]!r}")
    key = []
    for name in kind.key:
        column = kind.model._meta.get_field(name)  # noqa: SLF001
        value = entry.get(name)
        if name in kind.links:
            value = _text(name, value)
        elif not (value is None and isinstance(column, models.Field) and column.null):
            value = _plain(column, _value(kind, name, value))
        key.append(value)
    return tuple(key)


def _save(
    kind: Kind, entry: Entry, key: Key, found: Mapping[str, dict[Key, models.Model]], report: Report
) -> None:
    old = found[kind.name].get(key)
    row = old if old is not None else kind.model()
    before = None if old is None else _state(kind, old)
    place = row.location if isinstance(row, Thing) else None
    for name in (*kind.key, *kind.fields):
        if name in entry and name not in kind.links:
            setattr(row, name, _value(kind, name, entry[name]))
    for name, target in kind.links.items():
        if name in entry:
            setattr(row, name, _target(name, entry[name], found[target]))
    if before is not None and before == _state(kind, row):
        report.unchanged[kind.name] = report.unchanged.get(kind.name, 0) + 1
        return
    row.full_clean()
    row.save()
    found[kind.name][key] = row
    if isinstance(row, Source):
        SourceState.objects.get_or_create(source=row)
    if isinstance(row, Thing) and row.location is not None and place != row.location:
        remember_places([row], received=clock.now())
    counts = report.created if before is None else report.changed
    counts[kind.name] = counts.get(kind.name, 0) + 1


def _state(kind: Kind, row: models.Model) -> list[object]:
    columns = [kind.model._meta.get_field(name) for name in (*kind.key, *kind.fields, *kind.links)]  # noqa: SLF001
    return [
        getattr(row, column.attname) if column.is_relation else _plain(column, getattr(row, column.name))
        for column in columns
        if isinstance(column, models.Field)
    ]


def _target(name: str, value: object, known: Mapping[Key, models.Model]) -> models.Model | None:
    if value is None:
        return None
    parts = tuple(value) if isinstance(value, list) else (value,)
    if not all(isinstance(part, str) for part in parts):
        raise _Wrong(f"{name}: a text or a list of texts is expected")
    if parts not in known:
        raise _Wrong(f"{name}: {_reference(parts)!r} is unknown")
    return known[parts]


def _value(kind: Kind, name: str, value: object) -> object:
    """Return what the column takes; raises `_Wrong` for what it cannot be."""
    column = kind.model._meta.get_field(name)  # noqa: SLF001
    if value is None:
        if isinstance(column, models.Field) and column.null:
            return None
        raise _Wrong(f"{name}: may not be null")
    for types, convert in _CONVERSIONS:
        if isinstance(column, types):
            return convert(name, value)
    return value


def _duration(name: str, value: object) -> timedelta:
    parsed = parse_duration(value) if isinstance(value, str) else None
    if parsed is None:
        raise _Wrong(f'{name}: a duration such as "P30DT00H00M00S" is expected')
    return parsed


def _geometry(name: str, value: object) -> GEOSGeometry:
    try:
        return GEOSGeometry(shapely.from_geojson(json.dumps(value)).wkb_hex, srid=4326)
    except (shapely.GEOSException, GEOSException, ValueError, TypeError) as error:
        raise _Wrong(f"{name}: not a GeoJSON geometry") from error


def _instant(name: str, value: object) -> object:
    try:
        parsed = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.utcoffset() is None:
        raise _Wrong(f"{name}: a time with zone such as 2026-11-25T12:00:00Z is expected")
    return parsed


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise _Wrong(f"{name}: a text is expected")
    return value


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"{name}: a number is expected")
    return value


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong(f"{name}: true or false is expected")
    return value


_CONVERSIONS: Sequence[tuple[type | tuple[type, ...], Callable[[str, object], object]]] = (
    (models.DurationField, _duration),
    (GeometryField, _geometry),
    ((models.DateTimeField, InstantField), _instant),
    (models.BooleanField, _boolean),
    ((models.FloatField, models.IntegerField), _number),
    ((models.CharField, models.TextField), _text),
)
