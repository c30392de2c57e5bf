"""What changed from one edition of a table to the next, in words.

`Version.difference` holds what `tables.Table.difference` found, as JSON.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stadtkern.catalogue.models import Version


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of an edition to the one before."""

    sentence: str
    columns_added: Sequence[str]
    columns_removed: Sequence[str]
    key: Sequence[str]


def changes(version: Version) -> Changes | None:
    """Return what is new in an edition; None where it is the first or was not compared."""
    found: Mapping[str, Any] = version.difference or {}
    if not found:
        return None
    return Changes(
        _sentence(found),
        [_name(one) for one in found.get("columns_added", ())],
        [_name(one) for one in found.get("columns_removed", ())],
        [str(one) for one in found.get("key", ())],
    )


def _name(column: object) -> str:
    if isinstance(column, Mapping):
        return str(column.get("title") or column.get("name") or "")
    return str(column)


def _sentence(found: Mapping[str, Any]) -> str:
    added, removed, changed = (_count(found, name) for name in ("added", "removed", "changed"))
    parts = []
    if added:
        text = ngettext("%(count)s row is new", "%(count)s rows are new", added)
        parts.append(text % {"count": number_format(added, force_grouping=True)})
    if changed:
        text = ngettext("%(count)s row has changed", "%(count)s rows have changed", changed)
        parts.append(text % {"count": number_format(changed, force_grouping=True)})
    if removed:
        text = ngettext("%(count)s row is gone", "%(count)s rows are gone", removed)
        parts.append(text % {"count": number_format(removed, force_grouping=True)})
    if not parts:
        return _("No row has changed.")
    return ", ".join(parts) + "."


def _count(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name, 0)
    return value if isinstance(value, int) else 0
