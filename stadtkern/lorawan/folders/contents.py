"""What a folder with device profiles holds, whatever its layout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LARGEST_FILE = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExample:
    """An input of a codec with what has to come out."""

    kind: Literal["uplink", "normalized", "encode", "decode"]
    name: str
    call: Mapping[str, Any]
    """As `Pool.run` takes it."""
    expected: Mapping[str, Any]
    """With `data`, `bytes`, `fPort`, `warnings`, `errors`, where the example names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCodec:
    """A codec and its examples."""

    key: str
    """`vendor/codec`, unique within the folder."""
    script: str
    examples: Sequence[FoundExample] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProfile:
    """A kind of device."""

    key: str
    """`vendor/device`."""
    vendor: str
    name: str
    description: str = ""
    codec: str = ""
    fields: Sequence[str] = ()
    interval_minutes: float | None = None
    vendor_number: int | None = None
    profile_number: int | None = None
    homepage: str = ""


@dataclass(slots=True)
class Contents:
    """Everything in a folder."""

    codecs: dict[str, FoundCodec] = field(default_factory=dict)
    profiles: list[FoundProfile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_text(root: Path, path: Path) -> str:
    """Return a file; `ValueError` if it lies outside the folder, is missing, too large or no text."""
    resolved = path.resolve()
    shown = path.name
    if not resolved.is_relative_to(root.resolve()):
        raise ValueError(f"{shown} lies outside the folder")
    if not resolved.is_file():
        raise ValueError(f"{shown} is missing")
    if resolved.stat().st_size > LARGEST_FILE:
        raise ValueError(f"{shown} is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        return resolved.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{shown} is no UTF-8 text: {error.reason}") from error


def octets(value: object) -> list[int]:
    """Return bytes that an example gives as a list of numbers or as hexadecimal text."""
    if isinstance(value, str):
        return list(bytes.fromhex(value))
    if not isinstance(value, list) or not all(isinstance(one, int) and 0 <= one <= 255 for one in value):  # noqa: PLR2004
        raise ValueError("bytes is no list of numbers from 0 to 255")
    return value


def text_of(document: Mapping[str, Any], name: str) -> str:
    """Return a text of a document, empty where there is none."""
    value = document.get(name)
    return str(value).strip() if isinstance(value, str | int | float) else ""


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in a list; nothing for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
