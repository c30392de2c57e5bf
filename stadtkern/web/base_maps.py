"""The base maps the tile proxy may ask, and nothing else."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label
from stadtkern.web.town import Wms, current_town

GEODATENZENTRUM = "https://sgx.geodatenzentrum.de"
TOPPLUS = GEODATENZENTRUM + "/wmts_topplus_open/tile/1.0.0/{layer}/default/WEBMERCATOR/{{z}}/{{y}}/{{x}}.png"
BASEMAP = (
    GEODATENZENTRUM + "/wmts_basemapde/tile/1.0.0/{layer}/default/GLOBAL_WEBMERCATOR/{{z}}/{{y}}/{{x}}.png"
)
BKG = "© Bundesamt für Kartographie und Geodäsie"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseMap:
    """Where the tiles of a base map are, and the words its licence wants to see."""

    title: Label
    url: str
    attribution: str
    licence: str
    homepage: str
    max_zoom: int = 18

    def tile_url(self, z: int, x: int, y: int) -> str:
        """Return where a tile of the Web Mercator grid is."""
        return self.url.format(z=z, x=x, y=y)


BASE_MAPS: dict[str, BaseMap] = {
    "topplus-grey": BaseMap(
        title=_("TopPlusOpen, grey"),
        url=TOPPLUS.format(layer="web_light_grau"),
        attribution=f"{BKG}, TopPlusOpen",
        licence="dl-de/by-2-0",
        homepage="https://www.govdata.de/dl-de/by-2-0",
    ),
    "topplus": BaseMap(
        title=_("TopPlusOpen, colours"),
        url=TOPPLUS.format(layer="web"),
        attribution=f"{BKG}, TopPlusOpen",
        licence="dl-de/by-2-0",
        homepage="https://www.govdata.de/dl-de/by-2-0",
    ),
    "basemap-grey": BaseMap(
        title=_("basemap.de, grey (Germany only)"),
        url=BASEMAP.format(layer="de_basemapde_web_raster_grau"),
        attribution="© GeoBasis-DE / BKG, basemap.de",
        licence="CC BY 4.0",
        homepage="https://creativecommons.org/licenses/by/4.0/",
    ),
    "basemap": BaseMap(
        title=_("basemap.de, colours (Germany only)"),
        url=BASEMAP.format(layer="de_basemapde_web_raster_farbe"),
        attribution="© GeoBasis-DE / BKG, basemap.de",
        licence="CC BY 4.0",
        homepage="https://creativecommons.org/licenses/by/4.0/",
    ),
}


EQUATOR = 2 * math.pi * 6378137
"""Width of the world in Web Mercator (EPSG:3857), m."""
PIXELS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class MapService:
    """A web map service of the town's choice, asked for pictures as large as tiles."""

    service: Wms
    max_zoom: int = 18

    def tile_url(self, z: int, x: int, y: int) -> str:
        """Return the request for the picture of a tile (OGC 06-042, section 7.3: GetMap)."""
        size = EQUATOR / 2**z
        west, north = x * size - EQUATOR / 2, EQUATOR / 2 - y * size
        box = f"{west:.3f},{north - size:.3f},{west + size:.3f},{north:.3f}"
        return self._url(
            REQUEST="GetMap", CRS="EPSG:3857", BBOX=box, WIDTH=str(PIXELS), HEIGHT=str(PIXELS), STYLES="",
            LAYERS=self.service.layers, FORMAT="image/png", TRANSPARENT="TRUE",
        )  # fmt: skip

    def legend_url(self) -> str:
        """Return the request for the legend (GetLegendGraphic, as all servers know it)."""
        first = self.service.layers.split(",")[0]
        return self._url(REQUEST="GetLegendGraphic", LAYER=first, FORMAT="image/png")

    def _url(self, **parameters: str) -> str:
        join = "&" if "?" in self.service.url else "?"
        return f"{self.service.url}{join}{urlencode({'SERVICE': 'WMS', 'VERSION': '1.3.0', **parameters})}"


def tile_sources() -> Mapping[str, BaseMap | MapService]:
    """Return all that the proxy may ask: base maps, and the services the town names (`wms-...`)."""
    services = {f"wms-{one.slug}": MapService(service=one) for one in current_town().map_services}
    return {**BASE_MAPS, **services}
