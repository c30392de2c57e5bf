"""Files of versions: how they come in, who works on them, how they go."""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.catalogue.models import Version

BLOCK = 1 << 20
LOCKS, INCOMING = "locks", "uploads"


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that is wholly on disk and belongs to nothing yet."""

    path: Path
    size: int
    sha256: str


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield what is in a file."""
    while block := file.read(BLOCK):
        yield block


def stage(parts: Iterable[bytes], *, most: int | None = None) -> Staged:
    """Write a file beside the town's data and return it with its checksum.

    Raises
    ------
    BadInput
        if it is empty or larger than `most` (`UPLOAD_MOST_BYTES`).
    Unavailable
        if the disk is full.
    """
    most = settings.UPLOAD_MOST_BYTES if most is None else most
    path = new_path()
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as target:
            for part in parts:
                size += len(part)
                _check_size(size, most)
                digest.update(part)
                target.write(part)
            target.flush()
            os.fsync(target.fileno())
        _check_size(size, most, least=1)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unavailable(_("The file cannot be stored: %(reason)s") % {"reason": error.strerror}) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Staged(path, size, digest.hexdigest())


def _check_size(size: int, most: int, *, least: int = 0) -> None:
    if size > most:
        raise BadInput(_("The file is larger than %(most)d MB.") % {"most": most // 1_000_000})
    if size < least:
        raise BadInput(_("The file is empty."))


def checked(path: Path) -> Staged:
    """Return a file that was written by somebody else, with its checksum."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Staged(path, path.stat().st_size, digest)


def new_path() -> Path:
    """Return where a file that comes in can be written; retention sweeps what is left there."""
    folder = Path(settings.DATA_DIR, INCOMING)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{secrets.token_hex(12)}.part"


@contextmanager
def new_file() -> Iterator[Path]:
    """Give a path to write to; what still lies there at the end is deleted."""
    path = new_path()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def take(staged: Staged, version: Version) -> None:
    """Make a staged file the source of a version; nothing else may be in its folder."""
    shutil.rmtree(version.folder, ignore_errors=True)  # left by a transaction that was rolled back
    version.folder.mkdir(parents=True)
    staged.path.replace(version.source_path)


def empty(version: Version) -> None:
    """Delete all files of a version."""
    remove_folder(version.folder)


def remove_folder(folder: Path) -> None:
    """Delete the folder of a version, and that of its table if it was the last."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def remove_unfinished(version: Version) -> None:
    """Delete what an interrupted reading left beside the source."""
    for path in version.folder.iterdir() if version.folder.is_dir() else ():
        if path != version.source_path:
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True) if path.is_file() else None


@contextmanager
def working_on(key: int) -> Iterator[bool]:
    """Hold a version while working on it; yields False if somebody else does.

    The lock ends with the process, however it ends, so that another worker can go on at once.
    """
    folder = Path(settings.DATA_DIR, LOCKS)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"version-{key}"
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
        # unlinking would let two holders have two files of the same name; retention sweeps old ones
