"""The audit trail as people read it."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

SHORT = 300
NOTHING = {"None", "", "{}"}


@dataclass(frozen=True, slots=True)
class Change:
    """One field: what it said before and what it says now."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the trail with its changes."""

    entry: LogEntry
    kind: str
    changes: list[Change]


def events(entries: Iterable[LogEntry]) -> list[Event]:
    """Return the entries as people read them; asks once for each kind of object that fields point to."""
    found = list(entries)
    names = _names(found)
    return [Event(entry, _kind(entry), _changes(entry, names)) for entry in found]


def _kind(entry: LogEntry) -> str:
    model = entry.content_type.model_class()
    return str(model._meta.verbose_name) if model else entry.content_type.name  # noqa: SLF001


def _field(entry: LogEntry, name: str) -> "models.Field[Any, Any] | None":
    model = entry.content_type.model_class()
    try:
        field = model._meta.get_field(name) if model else None  # noqa: SLF001
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _names(entries: Iterable[LogEntry]) -> dict[tuple[type[models.Model], str], str]:
    """Return the names of the objects that changed foreign keys point to."""
    wanted: defaultdict[type[models.Model], set[str]] = defaultdict(set)
    for entry in entries:
        for name, values in (entry.changes or {}).items():
            field = _field(entry, name)
            if isinstance(field, models.ForeignKey) and isinstance(values, list):
                wanted[field.related_model].update(str(v) for v in values if str(v).isdigit())
    return {
        (model, str(key)): str(instance)
        for model, keys in wanted.items()
        for key, instance in model._default_manager.in_bulk([int(key) for key in keys]).items()  # noqa: SLF001
    }


def _changes(entry: LogEntry, names: dict[tuple[type[models.Model], str], str]) -> list[Change]:
    """Return the fields that changed; the trail of a new object also holds empty ones and ways back to it."""
    fields = sorted((entry.changes or {}).items())
    found = [_change(entry, name, values, names) for name, values in fields if _field(entry, name)]
    return [change for change in found if change.old or change.new]


def _change(
    entry: LogEntry,
    name: str,
    values: Any,  # noqa: ANN401
    names: dict[tuple[type[models.Model], str], str],
) -> Change:
    field = _field(entry, name)
    label = str(field.verbose_name) if field else name
    if isinstance(values, dict):
        objects = ", ".join(str(item) for item in values.get("objects", []))
        return (
            Change(label, objects, "") if values.get("operation") == "delete" else Change(label, "", objects)
        )
    target = field.related_model if isinstance(field, models.ForeignKey) else None
    old, new = (
        names.get((target, str(v)), _plain(v)) if target else _plain(v) for v in (values or ["", ""])[:2]
    )
    return Change(label, old, new)


def _plain(value: object) -> str:
    """Return a stored value without its technical clothes; long texts are shortened."""
    text = str(value)
    if text in NOTHING:
        return ""
    if text in {"True", "False"}:
        return _("yes") if text == "True" else _("no")
    if text.startswith("{"):
        text = _by_language(text)
    return text if len(text) <= SHORT else f"{text[:SHORT]} ..."


def _by_language(text: str) -> str:
    try:
        parsed = json.loads(text)
    except ValueError:
        return text
    return " · ".join(f"{code}: {words}" for code, words in parsed.items())
