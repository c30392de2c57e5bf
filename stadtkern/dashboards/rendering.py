"""Drawing tiles: one by one or all of a cockpit, kept until data, language or time ask for a new picture."""

import hashlib
import json
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.template.loader import get_template, render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.dashboards.data import fetched
from stadtkern.dashboards.freshness import versions
from stadtkern.dashboards.links import tile_links
from stadtkern.dashboards.registry import stream_keys, tiles

logger = logging.getLogger(__name__)

KEPT = timedelta(hours=1)
"""How long an old picture may be shown while a new one is being drawn."""
LONGEST = timedelta(seconds=60)
"""A tile says "12 minutes ago", so no picture stays longer, even if its data do not change."""
AFTER_ERROR = timedelta(seconds=10)
DRAWING_SECONDS = 15
GRACE = timedelta(seconds=60)
MOST_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTile:
    """A tile as an editor placed it on a page."""

    page: int
    """Number of the page; 0 while the page is not saved."""
    block_id: str
    slug: str
    config: Mapping[str, Any]

    @property
    def span(self) -> int:
        """Columns it fills."""
        return int(self.config["span"])

    @property
    def title(self) -> str:
        """Its heading."""
        return str(self.config["title"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A drawn tile and how long it is good."""

    html: str
    state: str
    is_judged: bool
    """The tile compares its value with levels, so that no state means that all is well."""
    streams: frozenset[str]
    seen: int
    until: datetime

    def is_fresh(self, now: datetime) -> bool:
        """Return whether neither data nor time ask for a new one."""
        return now < self.until and versions.of(self.streams) <= self.seen

    @property
    def safe_html(self) -> SafeString:
        """The HTML for a template."""
        return mark_safe(self.html)  # noqa: S308  # drawn by our own templates, which escape


def render_tile(
    slug: str, config: Mapping[str, Any], *, page: int = 0, block_id: str = "", language: str | None = None
) -> SafeString:
    """Return the HTML of one tile with complete settings, drawn now."""
    placed = PlacedTile(page=page, block_id=block_id, slug=slug, config=config)
    return draw(placed, seen=0, language=language or translation.get_language() or "").safe_html


def draw(placed: PlacedTile, *, seen: int, language: str) -> Picture:
    """Draw a tile; one that fails says so in its place and in the log."""
    with translation.override(language):
        try:
            return _draw(placed, seen=seen, language=language)
        except Exception:  # a plugin may fail in any way; the page must stay whole
            logger.exception("tile %s on page %s cannot be shown", placed.slug, placed.page)
            html = render_to_string("dashboards/tile_error.html", _frame(placed, language))
            until = clock.now() + AFTER_ERROR
            return Picture(html=html, state="", is_judged=False, streams=frozenset(), seen=seen, until=until)


def _draw(placed: PlacedTile, *, seen: int, language: str) -> Picture:
    tile = tiles()[placed.slug]
    context = tile.context(placed.config)
    streams = stream_keys(tile, placed.config) | set(context.get("streams") or ())
    names = {**_frame(placed, language), **context, "streams": sorted(streams)}
    html = get_template(tile.template).render(names)
    # a little chance keeps the tiles of a page from all becoming old in the same second
    kept = min(tile.refresh, LONGEST) * random.uniform(0.7, 1)  # noqa: S311  # no secret
    state = str(context.get("state") or "")
    return Picture(
        html=html,
        state=state,
        is_judged=bool(context.get("is_judged")) and not context.get("stale"),
        streams=frozenset(streams),
        seen=seen,
        until=clock.now() + kept,
    )


def _frame(placed: PlacedTile, language: str) -> dict[str, Any]:
    """Return what `dashboards/tile.html` shows of every tile."""
    return {
        "config": placed.config,
        "title": placed.title,
        "explanation": placed.config.get("explanation", ""),
        "tile_slug": placed.slug,
        "block_id": placed.block_id,
        "language": language,
        **tile_links(placed.page, placed.block_id, language),
    }


def pictures(placed: Sequence[PlacedTile], *, language: str, at_once: bool = False) -> list[Picture]:
    """Return the pictures of many tiles, kept ones where they are fresh.

    While somebody else draws a tile anew, the old picture is good enough, unless it is wanted `at_once`.
    """
    seen = versions.update()
    keys = [_cache_key(tile, language) for tile in placed]
    kept: dict[str, Picture] = cache.get_many(keys)
    now = clock.now()
    fresh = {key: picture for key, picture in kept.items() if picture.is_fresh(now)}
    old = {} if at_once else {key: picture for key, picture in kept.items() if key not in fresh}
    good = fresh | _good_enough(old, now)
    todo = {key: tile for key, tile in zip(keys, placed, strict=True) if key not in good}
    if todo:
        drawn = draw_all(todo.values(), seen=seen, language=language)
        new = dict(zip(todo, drawn, strict=True))
        cache.set_many(new, timeout=int(KEPT.total_seconds()))
        cache.delete_many([f"{key}:drawing" for key in new])
        good |= new
    return [good[key] for key in keys]


def _good_enough(old: Mapping[str, Picture], now: datetime) -> dict[str, Picture]:
    """Return the old pictures to show once more; the others are to be drawn by this request.

    A request draws few tiles anew, so that nobody waits for all of them, unless they have long been overdue.
    """
    shown, drawn = {}, 0
    for key, picture in old.items():
        is_mine = now > picture.until + GRACE or drawn < MOST_AT_ONCE
        if is_mine and cache.add(f"{key}:drawing", value=True, timeout=DRAWING_SECONDS):
            drawn += 1
        else:
            shown[key] = picture
    return shown


def draw_all(placed: Iterable[PlacedTile], *, seen: int, language: str) -> list[Picture]:
    """Draw several tiles with one common query for their newest values."""
    todo, kinds = list(placed), tiles()
    keys = {key for tile in todo if tile.slug in kinds for key in stream_keys(kinds[tile.slug], tile.config)}
    with fetched(keys):
        return [draw(tile, seen=seen, language=language) for tile in todo]


def _cache_key(placed: PlacedTile, language: str) -> str:
    content = json.dumps([placed.slug, placed.config], sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return f"tile:{language}:{placed.page}:{placed.block_id}:{digest}"


def state_word(state: str) -> str:
    """Return the word that stands beside the colour of a state."""
    words = {
        "success": _("Good"),
        "warning": _("Take care"),
        "danger": _("Danger"),
        "info": _("Good to know"),
    }
    return words.get(state, "")
