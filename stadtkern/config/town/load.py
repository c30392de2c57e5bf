"""Load organisations, data profiles, areas, sources, virtual series and rules of a town."""

import json
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from stadtkern.base.errors import BadInput
from stadtkern.config.town import harvest, rules
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source
from stadtkern.people.models import Organisation
from stadtkern.places.models import Area
from stadtkern.places.services import import_areas

Entry = dict[str, Any]


def read_toml(path: Path) -> Entry:
    """Read a TOML file; an unreadable one is named with its line.

    Raises
    ------
    BadInput
        if the file is not valid TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: {error}") from error


def entries(folder: Path, name: str, key: str) -> list[Entry]:
    """Return the tables `[[key]]` of `folder/name`, none if the file is missing."""
    path = folder / name
    return list(read_toml(path).get(key, [])) if path.exists() else []


def each(folder: Path, name: str, key: str, save: Callable[[Entry], None]) -> int:
    """Save every table of a file; an error names file and entry.

    Raises
    ------
    BadInput
        if a table lacks a field, has a wrong one, or names something unknown.
    """
    found = entries(folder, name, key)
    for entry in found:
        try:
            save(entry)
        except (
            BadInput,
            KeyError,
            TypeError,
            ValueError,
            ValidationError,
            Organisation.DoesNotExist,
            DataProfile.DoesNotExist,
        ) as error:
            raise BadInput(
                f"{folder / name}, {key} {entry.get('slug', entry.get('name', '?'))!r}: {error}"
            ) from error
    return len(found)


def save_organisation(entry: Entry) -> None:
    """Create or update one organisation."""
    parent = Organisation.objects.get(slug=entry["parent"]) if entry.get("parent") else None
    values = {"name": entry["name"], "homepage": entry.get("homepage", ""), "email": entry.get("email", "")}
    Organisation.objects.update_or_create(slug=entry["slug"], defaults={**values, "parent": parent})


def save_profile(entry: Entry) -> None:
    """Create or update one data profile, and publish it."""
    days, minutes = entry.get("retention_days"), entry.get("update_minutes")
    archive_days = entry.get("archive_days")
    DataProfile.objects.update_or_create(
        slug=entry["slug"],
        defaults={
            "title": entry["title"],
            "purpose": entry["purpose"],
            "legal_basis": entry["legal_basis"],
            "quality": entry.get("quality", {}),
            "has_personal_data": entry.get("has_personal_data", False),
            "owner": Organisation.objects.get(slug=entry["owner"]),
            "licence": entry["licence"],
            "attribution": entry.get("attribution", ""),
            "retention": timedelta(days=days) if days else None,
            "archive_after": timedelta(days=archive_days) if archive_days else None,
            "update_rhythm": timedelta(minutes=minutes) if minutes else None,
            "access": entry.get("access", DataProfile.Access.PUBLIC),
            "is_published": entry.get("is_published", True),
        },
    )


def save_source(entry: Entry) -> None:
    """Create a source; one that is there keeps what an editor has changed."""
    Source.objects.get_or_create(
        slug=entry["slug"],
        defaults={
            "connector": entry["connector"],
            "title": entry["title"],
            "options": entry.get("options", {}),
            "profile": DataProfile.objects.get(slug=entry["profile"]),
        },
    )


def load_areas(folder: Path) -> int:
    """Import `areas.geojson`, once."""
    path = folder / "areas.geojson"
    if not path.exists() or Area.objects.exists():
        return 0
    import_areas(path)
    return len(json.loads(path.read_text(encoding="utf-8"))["features"])


@transaction.atomic
def load_town(folder: Path) -> dict[str, int]:
    """Load a town and return how much of what was in its folder; all or nothing.

    Raises
    ------
    BadInput
        if the folder is no town or an entry is wrong; the message names file and entry.
    """
    if not (folder / "town.toml").exists():
        raise BadInput(f"{folder} has no town.toml; see docs/how-to/set-up-a-town.md")
    return {
        "organisations": each(folder, "organisations.toml", "organisation", save_organisation),
        "data profiles": each(folder, "profiles.toml", "profile", save_profile),
        "areas": load_areas(folder),
        "sources": each(folder, "sources.toml", "source", save_source),
        "catalogues of others": each(folder, "harvest.toml", "source", harvest.save_harvest_source),
        "virtual series": each(folder, "rules.toml", "series", rules.save_series),
        "ways of telling": each(folder, "rules.toml", "channel", rules.save_way),
        "rules": each(folder, "rules.toml", "rule", rules.save_town_rule),
    }
