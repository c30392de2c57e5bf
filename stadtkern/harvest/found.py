"""What a foreign catalogue says of a dataset, in our terms; the same for all kinds of catalogues.

Everything here is plain (texts, numbers, lists, mappings), so that it can be stored, compared and hashed.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

Texts = dict[str, str]
"""A text by language (`{"de": "..."}`)."""
MOST_FINDINGS = 50
LONGEST_VALUE = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a record that people should know: it was not as it should be, and the rest was kept."""

    code: str
    """One of `messages.FINDINGS`."""
    value: str = ""
    """What stood there."""


class Notes:
    """The findings about one record."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: str, value: object = "") -> None:
        """Note a finding; the same one counts once, and there is an end to them."""
        one = Finding(code, " ".join(str(value).split())[:LONGEST_VALUE])
        if one not in self.findings and len(self.findings) < MOST_FINDINGS:
            self.findings.append(one)


@dataclass(slots=True)
class FoundAgent:
    """Who publishes."""

    name: Texts = field(default_factory=dict)
    uri: str = ""
    homepage: str = ""
    email: str = ""


@dataclass(slots=True)
class FoundDistribution:
    """A file or an interface."""

    identifier: str = ""
    title: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    access_url: str = ""
    download_url: str = ""
    format: str = ""
    media_type: str = ""
    licence: str = ""
    attribution: str = ""
    byte_size: int | None = None
    checksum: str = ""
    availability: str = ""
    issued: str = ""
    modified: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class FoundService:
    """An interface through which the dataset can be asked."""

    identifier: str = ""
    title: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    endpoint_url: str = ""
    endpoint_description: str = ""
    documentation: str = ""
    contact_email: str = ""
    licence: str = ""
    hvd_categories: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Found:
    """A dataset. Times are ISO 8601 in UTC, empty where nothing is said."""

    identifier: str
    """The lasting name of the dataset in the catalogue it was found in."""
    names: list[str] = field(default_factory=list)
    """Further names of it, by which the same dataset is known elsewhere."""
    title: Texts = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    publisher: FoundAgent = field(default_factory=FoundAgent)
    contact_name: str = ""
    contact_email: str = ""
    contact_url: str = ""
    keywords: list[tuple[str, str]] = field(default_factory=list)
    """Word and language."""
    themes: list[str] = field(default_factory=list)
    hvd_categories: list[str] = field(default_factory=list)
    level: str = ""
    extent: str = ""
    """Polygon as WKT, longitude before latitude."""
    temporal_start: str = ""
    temporal_end: str = ""
    frequency: str = ""
    availability: str = ""
    language: str = ""
    landing_page: str = ""
    provenance: Texts = field(default_factory=dict)
    issued: str = ""
    modified: str = ""
    distributions: list[FoundDistribution] = field(default_factory=list)
    services: list[FoundService] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """Return all of it as JSON would."""
        found: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return found


def fingerprint(plain: dict[str, Any]) -> str:
    """Return what changes if and only if anything said of the dataset changes."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def differences(old: Any, new: Any, path: str = "") -> Iterator[dict[str, Any]]:  # noqa: ANN401  # as JSON
    """Yield `{"field", "old", "new"}` for each value that differs; plain lists are compared whole."""
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from differences(old.get(name), new.get(name), f"{path}.{name}" if path else name)
    elif _is_list_of_parts(old) and _is_list_of_parts(new):
        before, after = _by_identity(old), _by_identity(new)
        for name in [*before, *(name for name in after if name not in before)]:
            yield from differences(before.get(name), after.get(name), f"{path}[{name}]")
    else:
        yield {"field": path, "old": old, "new": new}


def _is_list_of_parts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)


def _by_identity(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return parts by what names them, so that a new one in front does not change all that follow."""
    named: dict[str, dict[str, Any]] = {}
    for part in parts:
        name = next(
            (
                str(part[key])
                for key in ("identifier", "download_url", "access_url", "endpoint_url")
                if part.get(key)
            ),
            "",
        )
        unique, number = name, 1
        while unique in named:
            number += 1
            unique = f"{name} {number}"
        named[unique] = part
    return named
