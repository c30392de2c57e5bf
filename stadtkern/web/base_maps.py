"""The base maps the tile proxy may ask, and nothing else."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label

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
