"""What a file is by its content, and the files inside archives, unpacked within limits."""

import bz2
import gzip
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from stadtkern.tables.model import TableError
from stadtkern.tables.text import guess_encoding

MOST_UNPACKED = 8_000_000_000
MOST_WORKBOOK = 600_000_000
MOST_RATIO = 400
FREE_RATIO = 10_000_000
"""Bytes that may come out of any archive, however well it was packed."""

MOST_MEMBERS = 2_000
_HEAD = 65_536
_COPY = 1_048_576
_WINDOWS_DRIVE = re.compile(r"[A-Za-z]:")
_TABLES = frozenset(["csv", "tsv", "txt", "tab", "xlsx", "xlsm", "xls", "ods", "json", "geojson", "jsonl", "ndjson", "gpkg", "shp", "kml", "gpx", "parquet", "xml", "gml", "fgb"])  # fmt: skip  # noqa: E501
_OF_GDAL = ("gpkg", "kml", "gpx", "gml", "fgb")
_SHAPE_PARTS = (".shx", ".dbf", ".prj", ".cpg")
_PACKED_BOOK = "EncryptedPackage".encode("utf-16-le")
_OTHERS = (
    (b"%PDF", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"7z\xbc\xaf", "7z"),
    (b"Rar!", "rar"), (b"II*\x00", "tiff"), (b"MM\x00*", "tiff"), (b"{\\rtf", "rtf"), (b"\x7fELF", "program"),
    (b"MZ\x90", "program"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A file to read, its format, and the other tables of the archive it lies in."""

    path: Path
    format: str
    name: str
    member: str = ""
    members: tuple[str, ...] = ()


@contextmanager
def opened(path: Path, name: str = "", member: str = "") -> Iterator[Opened]:
    """Give the file, or the wanted table of an archive, unpacked into a folder that goes again.

    Raises
    ------
    TableError
        `empty`, `is_html`, `not_a_table`, `encrypted`, `unsafe_archive`, `archive_too_large`,
        `broken_archive`, `no_table_in_archive`, `no_such_member`.
    """
    if not path.is_file() or path.stat().st_size == 0:
        raise TableError("empty")
    with tempfile.TemporaryDirectory(prefix="stadtkern-table-") as folder:
        unpacked, name = _single_packed(path, name, Path(folder))
        form = format_of(unpacked, name)
        if form == "zip":
            found = _out_of_archive(unpacked, member, Path(folder))
        else:
            found = Opened(unpacked, form, name)
        yield _as_gdal_wants(found, Path(folder))


def _as_gdal_wants(file: Opened, folder: Path) -> Opened:
    """Return the file under a name with the usual ending, which GDAL wants to see."""
    if file.format not in _OF_GDAL or file.path.suffix.lower() == f".{file.format}":
        return file
    link = folder / f"named.{file.format}"
    link.symlink_to(file.path.resolve())
    return replace(file, path=link)


def format_of(path: Path, name: str = "") -> str:
    """Return the format of a file by its first bytes; text that is nothing else is CSV."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise TableError("empty")
    binary = _binary_format(path, head)
    return binary or _text_format(path, head, PurePosixPath(name.lower()).suffix)


def _binary_format(path: Path, head: bytes) -> str:
    for mark, form in _OTHERS:
        if head.startswith(mark):
            raise TableError("not_a_table", format=form)
    if head.startswith(b"PK"):
        return _zip_format(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if _PACKED_BOOK in path.read_bytes()[:2_000_000]:
            raise TableError("encrypted")
        return "xls"
    if head.startswith(b"SQLite format 3\x00"):
        return _sqlite_format(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"fgb"):
        return "fgb"
    if head.startswith(b"\x00\x00\x27\x0a"):
        raise TableError("shapefile_needs_zip")
    return ""


def _sqlite_format(path: Path) -> str:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as base:
            found = base.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_contents'").fetchone()
        base.close()
    except sqlite3.Error as error:
        raise TableError("broken_file", format="gpkg") from error
    if not found[0]:
        raise TableError("not_a_table", format="sqlite")
    return "gpkg"


def _zip_format(path: Path) -> str:
    with _archive(path) as archive:
        names = {info.filename for info in archive.infolist()}
        if "[Content_Types].xml" in names and any(one.startswith("xl/") for one in names):
            _refuse_bomb(archive, path, MOST_WORKBOOK)
            return "xlsx"
        if "mimetype" in names and "content.xml" in names:
            _refuse_bomb(archive, path, MOST_WORKBOOK)
            if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read(
                "META-INF/manifest.xml"
            ):
                raise TableError("encrypted")
            return "ods"
        if any(one.startswith(("word/", "ppt/")) for one in names):
            raise TableError("not_a_table", format="office")
    return "zip"


def _text_format(path: Path, head: bytes, suffix: str) -> str:
    encoding = guess_encoding(path)
    text = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n\x00")
    start = text[:4000]
    if start.startswith("<"):
        return _markup_format(start)
    if start.startswith("{") or re.match(r"\[\s*(\[|\{|\]|\"|-?\d)", start):
        return _json_format(text, suffix)
    return "csv"


def _markup_format(start: str) -> str:
    low = start.lower()
    if (
        "<html" in low
        or "<!doctype html" in low
        or re.match(r"<(head|body|div|p|table|br|h1|title|script)\b", low)
    ):
        raise TableError("is_html")
    if "<kml" in low:
        return "kml"
    if "<gpx" in low:
        return "gpx"
    if re.search(r"<(\w+:)?featurecollection[\s>]", low) and "opengis.net" in low:
        return "gml"
    return "xml"


def _json_format(text: str, suffix: str) -> str:
    lines = text.split("\n", 2)
    is_lines = (
        lines[0].rstrip().endswith(("}", "]")) and len(lines) > 1 and lines[1].lstrip()[:1] in {"{", "["}
    )
    if suffix in {".jsonl", ".ndjson"} or (is_lines and not lines[0].rstrip().endswith(",")):
        return "jsonl"
    match = re.search(r'"type"\s*:\s*"(FeatureCollection|Feature)"', text)
    if match and text.count("{", 0, match.start()) - text.count("}", 0, match.start()) == 1:
        return "geojson"
    return "json"


def _single_packed(path: Path, name: str, folder: Path) -> tuple[Path, str]:
    """Unpack gz and bz2 into the folder; return what is neither unchanged."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(b"\x1f\x8b"):
        unpack: Callable[[Path], BinaryIO] = gzip.open  # type: ignore[assignment]  # reads like a file
    elif head.startswith(b"BZh"):
        unpack = bz2.open  # type: ignore[assignment]  # reads like a file
    else:
        return path, name
    target = folder / "unpacked"
    with unpack(path) as stream:
        _copy(stream, target, _room(path.stat().st_size))
    return target, re.sub(r"\.(gz|bz2)$", "", name, flags=re.IGNORECASE)


def _room(packed: int) -> int:
    return min(MOST_UNPACKED, max(packed * MOST_RATIO, FREE_RATIO))


def _copy(stream: BinaryIO, target: Path, room: int) -> None:
    written = 0
    try:
        with target.open("wb") as file:
            while block := stream.read(_COPY):
                written += len(block)
                if written > room:
                    raise TableError("archive_too_large", allowed=room)
                file.write(block)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise TableError("broken_archive") from error
    except RuntimeError as error:  # zipfile says so where a password is needed
        raise TableError("encrypted") from error


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise TableError("broken_archive") from error


def _refuse_bomb(archive: zipfile.ZipFile, path: Path, most: int = MOST_UNPACKED) -> None:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS * 10:
        raise TableError("archive_too_large", files=len(infos))
    size = sum(info.file_size for info in infos)
    room = min(most, _room(path.stat().st_size))
    if size > room:
        raise TableError("archive_too_large", size=size, allowed=room)
    if any(info.flag_bits & 1 for info in infos):
        raise TableError("encrypted")


def _out_of_archive(path: Path, member: str, folder: Path) -> Opened:
    with _archive(path) as archive:
        _refuse_bomb(archive, path)
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        if len(names) > MOST_MEMBERS:
            raise TableError("archive_too_large", files=len(names))
        for one in names:
            _refuse_path(one)
        tables = tuple(one for one in names if _is_table(one))
        if not tables:
            raise TableError("no_table_in_archive", files=len(names))
        wanted = member or _largest(archive, tables)
        if wanted not in tables:
            raise TableError("no_such_member", member=wanted)
        target = _unpack_member(archive, wanted, names, folder, _room(path.stat().st_size))
    form = "shp" if target.suffix == ".shp" else format_of(target, wanted)
    if form == "zip":
        raise TableError("nested_archive", member=wanted)
    return Opened(target, form, wanted, member=wanted, members=tables)


def _largest(archive: zipfile.ZipFile, tables: tuple[str, ...]) -> str:
    shapes = [one for one in tables if one.lower().endswith(".shp")]
    return max(shapes or tables, key=lambda one: archive.getinfo(one).file_size)


def _is_table(name: str) -> bool:
    pure = PurePosixPath(name)
    if pure.name.startswith((".", "~", "_")) or "__MACOSX" in pure.parts:
        return False
    return pure.suffix.lower().lstrip(".") in _TABLES


def _refuse_path(name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or _WINDOWS_DRIVE.match(name) or "\x00" in name:
        raise TableError("unsafe_archive", member=name[:100])


def _unpack_member(archive: zipfile.ZipFile, wanted: str, names: list[str], folder: Path, room: int) -> Path:
    """Unpack one table under a name of our own; a shapefile with the files that belong to it."""
    stem, _, suffix = wanted.rpartition(".")
    target = folder / f"member.{suffix.lower()}"
    _copy_member(archive, wanted, target, room)
    if suffix.lower() == "shp":
        found = {one.lower(): one for one in names}
        for part in _SHAPE_PARTS:
            other = found.get(f"{stem}{part}".lower())
            if other:
                _copy_member(archive, other, target.with_suffix(part), room)
        if not target.with_suffix(".dbf").exists() or not target.with_suffix(".shx").exists():
            raise TableError("incomplete_shapefile", member=wanted)
    return target


def _copy_member(archive: zipfile.ZipFile, name: str, target: Path, room: int) -> None:
    try:
        stream = archive.open(name)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        code = "encrypted" if "encrypted" in str(error) else "broken_archive"
        raise TableError(code, member=name[:100]) from error
    with stream:
        _copy(stream, target, room)  # type: ignore[arg-type]  # reads like a file


def remove(folder: Path) -> None:
    """Remove a folder and what is in it; nothing happens if it is not there."""
    shutil.rmtree(folder, ignore_errors=True)
