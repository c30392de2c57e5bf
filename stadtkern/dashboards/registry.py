"""Which kinds of tiles there are."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from stadtkern.base.plugins import PluginError, plugins
from stadtkern.contracts.tile import Tile

SECTION = "section"
"""Type of the block that starts a new group of tiles; no tile may bear this name."""
COMMON = frozenset({"title", "explanation", "span"})
"""Settings that every tile has besides its own."""


@cache
def tiles() -> Mapping[str, Tile]:
    """Return all kinds of tiles by slug."""
    found = plugins("stadtkern.tiles", "tile", Tile)
    for slug, tile in found.items():
        taken = COMMON.intersection(option.name for option in tile.options)
        if slug == SECTION or taken:
            raise PluginError(
                f"tile {slug}: {', '.join(sorted(taken)) or slug} is a name of the cockpit itself"
            )
    return found


def complete(tile: Tile, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a placed tile as its `context` expects them, defaults filled in.

    `raw` is what Wagtail keeps for the block; items of lists lose their wrapping.
    """
    config: dict[str, Any] = {"title": raw.get("title") or str(tile.title)}
    config["explanation"] = raw.get("explanation") or ""
    config["span"] = _span(tile, raw.get("span"))
    for option in tile.options:
        value = raw.get(option.name)
        if option.kind in {"datastreams", "list", "links"}:
            config[option.name] = list(_items(value if value is not None else option.default))
        else:
            config[option.name] = option.default if value is None else value
    return config


def stream_keys(tile: Tile, config: Mapping[str, Any]) -> set[str]:
    """Return the keys of the datastreams that the settings name."""
    keys: set[str] = set()
    for option in tile.options:
        value = config.get(option.name)
        if option.kind == "datastream" and value:
            keys.add(str(value))
        elif option.kind == "datastreams":
            keys.update(str(key) for key in value or ())
    return keys


def _span(tile: Tile, value: object) -> int:
    span = int(value) if isinstance(value, int | str) and str(value).isdigit() else 0
    return span if span in tile.spans else tile.spans[0]


def _items(value: object) -> Iterator[Any]:
    """Yield the values of a list, as Wagtail stores it (`{"type": "item", "value": ...}`) or plain."""
    for item in value if isinstance(value, list | tuple) else ():
        inner = item["value"] if isinstance(item, dict) and item.get("type") == "item" else item
        if inner not in (None, ""):
            yield inner
