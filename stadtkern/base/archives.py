"""Archives from outside, unpacked within limits: zip, kmz, gz and bz2."""

import bz2
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from stadtkern.base.errors import SourceError

MEGABYTE = 1_000_000
_CHUNK = 65_536
_PACKED_NAMES = re.compile(r"\.(zip|kmz|gz|bz2)$", re.IGNORECASE)
_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""`zipfile` unpacks these two bit by bit; one read of the others may fill the memory."""


class ArchiveError(SourceError):
    """An archive is broken, or larger or stranger than a source of data may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an archive may contain."""

    total: int = 256 * MEGABYTE
    """Bytes of all unpacked files together."""
    ratio: int = 400
    """Unpacked bytes per packed byte, beyond the first megabyte."""
    files: int = 2_000
    depth: int = 2
    """Archives within archives."""


DEFAULT = Limits()


def is_archive(body: bytes) -> bool:
    """Return whether `body` begins like an archive that `unpack` reads."""
    return body.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh"))


def unpack(body: bytes, limits: Limits = DEFAULT, *, name: str = "") -> dict[str, bytes]:
    """Return the files in the archive `body` by name, archives within it unpacked as well.

    A single packed file (gz, bz2) gets `name` without its ending. What is no archive comes back unchanged
    under `name`.

    Raises
    ------
    ArchiveError
        If the archive is broken, encrypted, has strange names in it or breaks a limit.
    """
    room = _Room(limits, len(body))
    return dict(_unpack(body, name, room, depth=0))


class _Room:
    """Counts what has been unpacked so far."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self.most = min(limits.total, max(packed * limits.ratio, MEGABYTE))
        self.bytes = 0
        self.files = 0

    def take(self, size: int) -> None:
        self.bytes += size
        if self.bytes > self.most:
            raise ArchiveError(f"the archive unpacks to more than {self.most / MEGABYTE:.0f} MB")

    def file(self) -> None:
        self.files += 1
        if self.files > self.limits.files:
            raise ArchiveError(f"the archive has more than {self.limits.files} files")


def _unpack(body: bytes, name: str, room: _Room, *, depth: int) -> Iterator[tuple[str, bytes]]:
    if depth > room.limits.depth:
        raise ArchiveError(f"archives are nested more than {room.limits.depth} deep")
    if body.startswith(b"PK"):
        yield from _unpack_zip(body, name, room, depth=depth)
    elif body.startswith((b"\x1f\x8b", b"BZh")):
        room.file()
        stream = _gunzip if body.startswith(b"\x1f\x8b") else _bunzip
        inner = b"".join(stream(body, room))
        yield from _inner(inner, _PACKED_NAMES.sub("", name), room, depth=depth)
    else:
        yield name, body


def _inner(body: bytes, name: str, room: _Room, *, depth: int) -> Iterator[tuple[str, bytes]]:
    """Unpack further what is named as an archive; an XLSX file is none, though it begins like one."""
    if _PACKED_NAMES.search(name) and is_archive(body):
        yield from _unpack(body, name, room, depth=depth + 1)
    else:
        yield name, body


def _unpack_zip(body: bytes, name: str, room: _Room, *, depth: int) -> Iterator[tuple[str, bytes]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise ArchiveError("the zip archive is broken or cut off") from error
    with archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            room.file()
            inner_name = _checked_name(entry.filename)
            if depth:
                inner_name = f"{name}/{inner_name}"
            yield from _inner(_read_entry(archive, entry, room), inner_name, room, depth=depth)


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: _Room) -> bytes:
    if entry.flag_bits & 1:
        raise ArchiveError("the zip archive is encrypted")
    if entry.compress_type not in _METHODS:
        raise ArchiveError(f"the zip archive is packed in an unusual way (method {entry.compress_type})")
    parts = []
    try:
        with archive.open(entry) as file:
            while part := file.read(_CHUNK):
                room.take(len(part))
                parts.append(part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise ArchiveError(f"the zip archive is broken or cut off at {entry.filename[:80]!r}") from error
    return b"".join(parts)


def _checked_name(name: str) -> str:
    parts = re.split(r"[/\\]", name)
    if ".." in parts or name.startswith(("/", "\\")) or "\0" in name or _WINDOWS_DRIVE.match(name):
        raise ArchiveError(f"the archive has a file with an unsafe name: {name[:80]!r}")
    return name


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def _gunzip(body: bytes, room: _Room) -> Iterator[bytes]:
    """Yield the members of a gzip file in parts."""
    while body.startswith(b"\x1f\x8b"):
        one = zlib.decompressobj(wbits=31)
        try:
            part = one.decompress(body, _CHUNK)
            while part or not one.eof:
                if not part and not one.unconsumed_tail:
                    break
                room.take(len(part))
                yield part
                part = one.decompress(one.unconsumed_tail, _CHUNK)
        except zlib.error as error:
            raise ArchiveError("the gzip file is broken") from error
        body = _rest(one, "gzip")


def _bunzip(body: bytes, room: _Room) -> Iterator[bytes]:
    """Yield the members of a bzip2 file in parts."""
    while body.startswith(b"BZh"):
        one = bz2.BZ2Decompressor()
        try:
            part = one.decompress(body, _CHUNK)
            while part:
                room.take(len(part))
                yield part
                part = b"" if one.eof else one.decompress(b"", _CHUNK)
        except (OSError, ValueError, EOFError) as error:
            raise ArchiveError("the bzip2 file is broken") from error
        body = _rest(one, "bzip2")


def _rest(one: _Decompressor, kind: str) -> bytes:
    if not one.eof:
        raise ArchiveError(f"the {kind} file is cut off")
    return one.unused_data
