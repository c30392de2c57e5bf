"""Map tiles by way of us: no visitor's address reaches others, and what was seen once is kept.

A tile that cannot be had now is answered at once with an empty one; the town's own base map shows through.
"""

import asyncio
import contextlib
import logging
import math
import os
import time
from datetime import timedelta
from pathlib import Path
from threading import Lock
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from stadtkern.base.errors import NotFound
from stadtkern.base.http import Client, FetchError
from stadtkern.web.base_maps import BaseMap, MapService, tile_sources
from stadtkern.web.town import current_town

logger = logging.getLogger(__name__)
LOWEST_ZOOM = 5
MARGIN = 1.5
"""Degrees around the town that are handed out; the proxy is for its map only."""
MOST_BYTES = 512_000
FRESH = timedelta(days=30).total_seconds()
PAUSE = 30.0
"""Seconds during which a source that failed is not asked again."""
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
EMPTY = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000b4944415478da6360000200"
    "00050001e9fadcd80000000049454e44ae426082"
)
"""A PNG of one transparent pixel."""

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Client] = WeakKeyDictionary()
_running: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Path, asyncio.Future[bytes]]] = (
    WeakKeyDictionary()
)
FAILED_AT: dict[str, float] = {}
_counting = Lock()
_written = [0]
"""Bytes kept by this process since it last made room."""


def tile_bounds(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile of the Web Mercator grid in degrees."""
    count = 2**z

    def latitude(row: int) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / count))))

    return x / count * 360 - 180, latitude(y + 1), (x + 1) / count * 360 - 180, latitude(y)


def is_allowed(base_map: BaseMap | MapService, z: int, x: int, y: int) -> bool:
    """Return whether the tile exists and lies around the town."""
    if not (LOWEST_ZOOM <= z <= base_map.max_zoom and 0 <= x < 2**z and 0 <= y < 2**z):
        return False
    west, south, east, north = current_town().bbox
    left, bottom, right, top = tile_bounds(z, x, y)
    return left < east + MARGIN and right > west - MARGIN and bottom < north + MARGIN and top > south - MARGIN


def cache_folder() -> Path:
    """Return where tiles are kept."""
    return Path(settings.DATA_DIR) / "tiles"


def kept(path: Path) -> tuple[bytes | None, bool]:
    """Return the kept tile, if any, and whether it is still fresh."""
    try:
        return path.read_bytes(), time.time() - path.stat().st_mtime < FRESH
    except OSError:
        return None, False


def keep(path: Path, tile: bytes) -> None:
    """Keep a tile, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_bytes(tile)
    part.replace(path)


def keep_within_room(path: Path, tile: bytes) -> None:
    """Keep a tile; make room after every twentieth of it, since the retention job may be a day away."""
    keep(path, tile)
    with _counting:
        _written[0] += len(tile)
        is_time = _written[0] > settings.TILES_MOST_BYTES / 20
        if is_time:
            _written[0] = 0
    if is_time:
        prune(cache_folder(), settings.TILES_MOST_BYTES)


def prune(folder: Path, most_bytes: int) -> int:
    """Delete the oldest tiles until the rest fits in 9/10 of `most_bytes`; return how many."""
    found = []
    for path in folder.glob("*/*/*/*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    total = sum(size for _time, size, _path in found)
    if total <= most_bytes:
        return 0
    deleted = 0
    for _time, size, path in sorted(found):
        path.unlink(missing_ok=True)
        total, deleted = total - size, deleted + 1
        if total <= most_bytes * 0.9:
            break
    return deleted


def client() -> Client:
    """Return the client of this event loop; it gives up soon, since somebody waits for the map."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = Client(timeout=timedelta(seconds=4), deadline=timedelta(seconds=6), attempts=1)
    return _clients[loop]


async def fetch(slug: str, path: Path, z: int, x: int, y: int) -> bytes:
    """Ask the source for a tile and keep it.

    Raises
    ------
    FetchError
        if it does not come, or is no picture.
    """
    url = tile_sources()[slug].tile_url(z, x, y)
    answer = await client().get(url, headers={"Accept": "image/png,image/jpeg"}, max_bytes=MOST_BYTES)
    if not answer.body.startswith((PNG, JPEG)):
        raise FetchError(f"{slug} answered with something that is no picture")
    await sync_to_async(keep_within_room, thread_sensitive=False)(path, answer.body)
    return answer.body


async def fetch_once(slug: str, path: Path, z: int, x: int, y: int) -> bytes:
    """Ask for a tile, once however many wait for it."""
    running = _running.setdefault(asyncio.get_running_loop(), {})
    if path not in running:
        task = asyncio.ensure_future(fetch(slug, path, z, x, y))
        running[path] = task
        task.add_done_callback(lambda _task: running.pop(path, None))
    return await asyncio.shield(running[path])


async def fresh_or_none(slug: str, path: Path, z: int, x: int, y: int) -> bytes | None:
    """Return the tile from its source; None at once while the source is known to be out of reach."""
    if time.monotonic() - FAILED_AT.get(slug, -PAUSE) < PAUSE:
        return None
    try:
        tile = await fetch_once(slug, path, z, x, y)
    except FetchError as error:
        if error.status is None or error.status >= 500:  # noqa: PLR2004  # HTTP
            if slug not in FAILED_AT:
                logger.warning("base map %s: %s", slug, error)
            FAILED_AT[slug] = time.monotonic()
        return None
    if FAILED_AT.pop(slug, None) is not None:
        logger.info("base map %s is back", slug)
    return tile


def picture(tile: bytes, max_age: int) -> HttpResponse:
    """Return a tile as an answer."""
    kind = "image/jpeg" if tile.startswith(JPEG) else "image/png"
    lasting = f"public, max-age={max_age}" if max_age else "no-store"
    return HttpResponse(tile, content_type=kind, headers={"Cache-Control": lasting})


@require_safe
async def tile(request: HttpRequest, source: str, z: int, x: int, y: int) -> HttpResponse:
    """Answer with a tile: kept, fetched, kept long ago, or empty - in this order."""
    known = tile_sources().get(source)
    if known is None or not is_allowed(known, z, x, y):
        raise NotFound("There is no such tile here.")
    path = cache_folder() / source / str(z) / str(x) / f"{y}.png"
    old, is_fresh = await sync_to_async(kept, thread_sensitive=False)(path)
    if old is not None and is_fresh:
        return picture(old, 86400)
    new = await fresh_or_none(source, path, z, x, y)
    if new is not None:
        return picture(new, 86400)
    return picture(old, 300) if old is not None else picture(EMPTY, 0)


@require_safe
async def legend(request: HttpRequest, source: str) -> HttpResponse:
    """Answer with the legend of a map service; nothing of it is kept here, browsers keep it for a day."""
    known = tile_sources().get(source)
    if not isinstance(known, MapService):
        raise NotFound("There is no such legend here.")
    try:
        answer = await client().get(known.legend_url(), headers={"Accept": "image/png"}, max_bytes=MOST_BYTES)
    except FetchError:
        return picture(EMPTY, 0)
    return picture(answer.body if answer.body.startswith((PNG, JPEG)) else EMPTY, 86400)
