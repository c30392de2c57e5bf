"""Maps of others (WMS) that the town shows beside its own layers: `[[map.wms]]` in `town.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from stadtkern.web.fields import in_language
from stadtkern.web.town import TownError, current_town, get, texts

GEODATENZENTRUM = "https://sgx.geodatenzentrum.de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wms:
    """A map of somebody else."""

    titles: Mapping[str, str]
    url: str
    layers: str
    version: str = "1.3.0"
    format: str = "image/png"
    attribution: str = ""
    is_base: bool = False

    @property
    def title(self) -> str:
        """The title in the active language."""
        return in_language(self.titles)[0]


BASE_MAPS: Mapping[str, Wms] = {
    "topplus-grey": Wms(
        titles={"de": "TopPlusOpen grau", "pl": "TopPlusOpen, szara", "en": "TopPlusOpen, grey"},
        url=f"{GEODATENZENTRUM}/wms_topplus_open",
        layers="web_grau",
        is_base=True,
    ),
    "topplus": Wms(
        titles={"de": "TopPlusOpen", "pl": "TopPlusOpen", "en": "TopPlusOpen"},
        url=f"{GEODATENZENTRUM}/wms_topplus_open",
        layers="web",
        is_base=True,
    ),
    "basemap-grey": Wms(
        titles={"de": "basemap.de grau", "pl": "basemap.de, szara", "en": "basemap.de, grey"},
        url=f"{GEODATENZENTRUM}/wms_basemapde",
        layers="de_basemapde_web_raster_grau",
        is_base=True,
    ),
    "basemap": Wms(
        titles={"de": "basemap.de", "pl": "basemap.de", "en": "basemap.de"},
        url=f"{GEODATENZENTRUM}/wms_basemapde",
        layers="de_basemapde_web_raster_farbe",
        is_base=True,
    ),
}
"""The base maps of `web.base_maps` as WMS, since a Masterportal draws in the metres of the state."""


@cache
def read(folder: Path) -> tuple[Wms, ...]:
    """Return the maps that `town.toml` in a folder names.

    Raises
    ------
    TownError
        if an entry cannot be used.
    """
    table = tomllib.loads((folder / "town.toml").read_text(encoding="utf-8"))
    entries = get(get(table, "map", dict, default={}), "wms", list, default=[])
    return tuple(_one(entry) for entry in entries)


def _one(entry: Any) -> Wms:  # noqa: ANN401  # TOML
    if not isinstance(entry, dict):
        raise TownError("town.toml: `map.wms` must be tables")
    url = get(entry, "url", str)
    if not url.startswith("https://"):
        raise TownError(f"town.toml: `map.wms.url` must begin with https://, not {url!r}")
    return Wms(
        titles=texts(entry, "title"),
        url=url,
        layers=get(entry, "layers", str),
        version=get(entry, "version", str, default="1.3.0"),
        format=get(entry, "format", str, default="image/png"),
        attribution=get(entry, "attribution", str, default=""),
    )


def maps() -> list[Wms]:
    """Return the town's base map, if it has one, and the maps of others."""
    town = current_town()
    base = [BASE_MAPS[town.map_source]] if town.map_source in BASE_MAPS else []
    return [*base, *read(town.folder)]
