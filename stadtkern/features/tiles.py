"""Vector tiles of collections, kept on disk until the features are others or room is short."""

import contextlib
import gzip
import logging
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock

import msgspec
from django.conf import settings

from stadtkern.features import mvt
from stadtkern.features.boxes import tile_bounds
from stadtkern.features.collections import About, Collection, Row
from stadtkern.web.tiles_proxy import keep

logger = logging.getLogger(__name__)
LAST_ZOOM = 22
MOST_FEATURES = 5000
"""Features of a tile; thinning leaves fewer on all but the closest zooms of very dense collections."""
LEVEL = 3
_counting = Lock()
_written = [0]


def folder() -> Path:
    """Return where tiles are kept: `<revision>/<z>/<y>/<x>`."""
    return Path(settings.DATA_DIR) / "vector-tiles"


def tile(collection: Collection, about: About, z: int, x: int, y: int) -> bytes:
    """Return a tile, compressed by gzip; empty bytes if there is nothing on it.

    Those of a collection that says by its `revision` when its features are others are kept.
    """
    if not about.revision:
        return drawn(collection, about.name, z, x, y)
    path = folder() / about.revision / str(z) / str(y) / str(x)
    with contextlib.suppress(OSError):
        return path.read_bytes()
    made = drawn(collection, about.name, z, x, y)
    try:
        keep(path, made)
    except OSError as error:
        logger.warning("tiles cannot be kept: %s", error)
    _make_room(len(made))
    return made


def drawn(collection: Collection, name: str, z: int, x: int, y: int) -> bytes:
    """Return a tile drawn anew."""
    rows = collection.drawn(tile_bounds(z, x, y, mvt.MARGIN), z, MOST_FEATURES)
    body = mvt.tile(name, list(_features(rows)), z, x, y)
    return gzip.compress(body, LEVEL, mtime=0) if body else b""


def _features(rows: Iterable[Row]) -> Iterator[mvt.Drawn]:
    decode = msgspec.json.Decoder(dict).decode
    for row in rows:
        if row.geometry is None:
            continue
        properties = decode(row.properties)
        if isinstance(row.key, int):
            yield mvt.Drawn(row.key, row.geometry, properties)
        else:
            yield mvt.Drawn(None, row.geometry, {"id": row.key, **properties})


def forget(revision: str) -> None:
    """Throw away the tiles of features that are no longer shown."""
    if revision:
        shutil.rmtree(folder() / revision, ignore_errors=True)


def _make_room(size: int) -> None:
    """Look after room when a twentieth of it was written, since the nightly rule may be a day away."""
    with _counting:
        _written[0] += size
        is_time = _written[0] > settings.VECTOR_TILES_MOST_BYTES / 20
        if is_time:
            _written[0] = 0
    if is_time:
        prune()


def prune() -> int:
    """Delete the oldest tiles until the rest fits into the room; return how many."""
    found = []
    for path in folder().glob("*/*/*/*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, max(status.st_size, 1), path))
    total = sum(size for _time, size, _path in found)
    if total <= settings.VECTOR_TILES_MOST_BYTES:
        return 0
    deleted = 0
    for _time, size, path in sorted(found):
        path.unlink(missing_ok=True)
        total, deleted = total - size, deleted + 1
        if total <= settings.VECTOR_TILES_MOST_BYTES * 0.9:
            break
    return deleted
