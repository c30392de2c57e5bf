"""Archives are unpacked within limits, whatever is sent."""

import bz2
import contextlib
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.archives import ArchiveError, Limits, is_archive, unpack


def zipped(files: dict[str, bytes]) -> bytes:
    """Return a zip archive of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_zip_gives_its_files() -> None:
    """Folders are no files."""
    assert unpack(zipped({"a.csv": b"1;2", "b/": b"", "b/c.txt": b"x"})) == {"a.csv": b"1;2", "b/c.txt": b"x"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_single_file_loses_its_ending(pack: object) -> None:
    """`x.json.gz` is `x.json`; several members follow each other."""
    assert callable(pack)
    assert unpack(pack(b"{}"), name="x.json.gz") == {"x.json": b"{}"}
    assert unpack(pack(b"one") + pack(b"two"), name="x.bz2") == {"x": b"onetwo"}
    assert unpack(pack(b"a" * 200_000)) == {"": b"a" * 200_000}
    assert unpack(pack(b"")) == {"": b""}


def test_other_files_come_back_unchanged() -> None:
    """Connectors need not ask first."""
    assert unpack(b"<kml/>", name="x.kml") == {"x.kml": b"<kml/>"}
    assert not is_archive(b"<kml/>")


def test_nested_archives_are_unpacked() -> None:
    """A workbook inside stays a workbook."""
    workbook = zipped({"xl/workbook.xml": b"<x/>"})
    body = zipped(
        {"in.zip": zipped({"deep.txt": b"d"}), "log.gz": gzip.compress(b"l"), "table.xlsx": workbook}
    )
    assert unpack(body) == {"in.zip/deep.txt": b"d", "log": b"l", "table.xlsx": workbook}


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "a/../../b", "..\\b", "C:\\b", "c:b"])
def test_unsafe_names_are_refused(name: str) -> None:
    """Nobody may later write such a file where it wants to be."""
    with pytest.raises(ArchiveError, match="unsafe name"):
        unpack(zipped({name: b"x"}))


@pytest.mark.parametrize(
    "bomb",
    [
        zipped({"zeros": bytes(50_000_000)}),
        gzip.compress(bytes(50_000_000)),
        bz2.compress(bytes(50_000_000)),
        zipped({f"{n}": bytes(2_000_000) for n in range(20)}),
    ],
)
def test_bomb_stops_early(bomb: bytes) -> None:
    """The ratio of unpacked to packed bytes is limited, whatever the archive says about itself."""
    with pytest.raises(ArchiveError, match="unpacks to more than"):
        unpack(bomb, Limits(ratio=100))


def test_size_written_in_the_archive_is_not_believed() -> None:
    """An entry that pretends to be small is read no further than it says, or refused."""
    body = bytearray(zipped({"zeros": bytes(5_000_000)}))
    at = body.rindex(b"PK\x01\x02")
    body[at + 24 : at + 28] = (10).to_bytes(4, "little")
    with pytest.raises(ArchiveError):
        unpack(bytes(body), Limits(ratio=100))


def test_number_of_files_and_depth_are_limited() -> None:
    """A million empty files and a doll in a doll are refused."""
    with pytest.raises(ArchiveError, match="more than 10 files"):
        unpack(zipped({f"{n}": b"" for n in range(11)}), Limits(files=10))
    doll = b"x"
    for _ in range(5):
        doll = zipped({"doll.zip": doll})
    with pytest.raises(ArchiveError, match="nested"):
        unpack(doll)


@pytest.mark.parametrize(
    "whole",
    [zipped({"a": b"hello" * 500}), gzip.compress(b"hello" * 500), bz2.compress(b"hi" * 99)],
    ids=["zip", "gzip", "bz2"],
)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_truncated_archive_is_told(whole: bytes, part: float) -> None:
    """Half an answer gives no half data."""
    with pytest.raises(ArchiveError, match=r"broken|cut off"):
        unpack(whole[: max(4, int(len(whole) * part))])


def test_encrypted_archive_is_told() -> None:
    """The flag alone is enough."""
    body = bytearray(zipped({"a": b"x"}))
    body[6] |= 1
    at = body.rindex(b"PK\x01\x02")
    body[at + 8] |= 1
    with pytest.raises(ArchiveError, match="encrypted"):
        unpack(bytes(body))


@given(st.sampled_from([b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b""]), st.binary(max_size=200))
def test_any_bytes_give_files_or_the_error(magic: bytes, body: bytes) -> None:
    """Nothing else comes out."""
    with contextlib.suppress(ArchiveError):
        unpack(magic + body)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_packed_in_a_way_that_cannot_be_bounded_is_refused(method: int) -> None:
    """A few hundred bytes of bzip2 in a zip would fill gigabytes before anybody can count them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    with pytest.raises(ArchiveError, match="unusual way"):
        unpack(buffer.getvalue())
