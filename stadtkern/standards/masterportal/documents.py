"""The files a Masterportal reads at its start."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from stadtkern.base.plugins import plugins
from stadtkern.contracts.standard import Standard
from stadtkern.features import collections
from stadtkern.places.crs import SUPPORTED, transformer
from stadtkern.standards.masterportal.layers import SENSOR_STYLE, STYLE, Entry, entries, epsg
from stadtkern.web.town import current_town

ROOT = "/masterportal/"
PROJ4 = {
    "EPSG:25832": "+proj=utm +zone=32 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs",
    "EPSG:25833": "+proj=utm +zone=33 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs",
    "EPSG:2180": "+proj=tmerc +lat_0=0 +lon_0=19 +k=0.9993 +x_0=500000 +y_0=-5300000 +ellps=GRS80 +units=m "
    "+no_defs",
    "EPSG:4326": "+title=WGS 84 +proj=longlat +ellps=WGS84 +datum=WGS84 +no_defs",
    "EPSG:3857": "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m "
    "+nadgrids=@null +no_defs",
}
"""Definitions for the client's proj4js, which draws east before north whatever the authority says."""


def address(name: str) -> str:
    """Return the absolute address of one of the files."""
    return f"{settings.PUBLIC_URL}{ROOT}{name}"


def config_js() -> str:
    """Return `config.js`: where the other files are, and the coordinate systems."""
    config = {
        "namedProjections": [
            [f"EPSG:{code}", f"+title={title} {PROJ4[f'EPSG:{code}']}"] for code, title in SUPPORTED.items()
        ],
        "layerConf": address("services.json"),
        "restConf": address("rest-services.json"),
        "styleConf": address("style_v3.json"),
        "portalConf": address("config.json"),
        "wfsImgPath": "./resources/img/",
        "portalLanguage": {
            "enabled": True,
            "debug": False,
            "languages": {"de": "Deutsch", "en": "English", "pl": "Polski"},
            "fallbackLanguage": "de",
            "changeLanguageOnStartWhen": ["querystring", "localStorage", "htmlTag"],
            "loadPath": "./locales/{{lng}}/{{ns}}.json",
        },
    }
    return f"const Config = {msgspec.json.format(msgspec.json.encode(config)).decode()};\n"


def config_json() -> dict[str, Any]:
    """Return `config.json`: the map, the menus and the tree of layers."""
    town, system = current_town(), epsg()
    way = transformer(4326, int(system.removeprefix("EPSG:")))
    west, south, east, north = town.bbox
    corners = [way.transform(x, y) for x in (west, east) for y in (south, north)]
    across, up = zip(*corners, strict=True)
    extent = [round(min(across)), round(min(up)), round(max(across)), round(max(up))]
    centre = [round(value) for value in way.transform(*town.centre)]
    found = entries()
    return {
        "portalConfig": {
            "map": {
                "controls": {"zoom": True, "fullScreen": True, "orientation": {"zoomMode": "once"}},
                "mapView": {
                    "epsg": system,
                    "startCenter": centre,
                    "extent": extent,
                    "startZoomLevel": 3,
                    "backgroundImage": "",
                },
            },
            "mainMenu": {
                "expanded": True,
                "title": {"text": town.title, "link": settings.PUBLIC_URL, "toolTip": town.name},
                "sections": [
                    [{"type": "print"}, {"type": "measure"}, {"type": "draw"}, {"type": "shareView"}]
                ],
            },
            "secondaryMenu": {"expanded": False, "sections": [[{"type": "layerTree"}, {"type": "legend"}]]},
            "tree": {"type": "auto", "validLayerTypesAutoTree": TYPES},
        },
        "layerConfig": {
            "baselayer": {"elements": [_listed(one) for one in found if one.is_base]},
            "subjectlayer": {"elements": _folders([one for one in found if not one.is_base])},
        },
    }


TYPES = ["WMS", "SENSORTHINGS", "OAF", "VECTORTILE", "GEOJSON"]


def _listed(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"id": entry.identifier, "visibility": entry.is_visible}
    return found | ({"styleId": entry.style} if entry.style else {})


def _folders(found: list[Entry]) -> list[dict[str, Any]]:
    titles: Mapping[str, str] = {
        "sensors": _("Newest values"),
        "features": _("Layers"),
        "geojson": _("Layers as one file"),
        "tiles": _("Layers as vector tiles"),
        "maps": _("Maps of others"),
    }
    folders = []
    for folder, title in titles.items():
        inside = [_listed(one) for one in found if one.folder == folder]
        if inside:
            folders.append({"type": "folder", "name": title, "elements": inside})
    return folders


def services() -> list[dict[str, Any]]:
    """Return `services.json`: every layer."""
    return [entry.service for entry in entries()]


def rest_services() -> list[dict[str, str]]:
    """Return `rest-services.json`: the catalogue behind the info button."""
    csw = plugins("stadtkern.standards", "standard", Standard).get("csw")
    found = {"id": "csw", "name": "CSW", "typ": "CSW"}
    if csw is None:
        return []
    return [{**found, "url": f"{settings.PUBLIC_URL}/{csw.prefix}"}]


def style_v3() -> list[dict[str, Any]]:
    """Return `style_v3.json`: how points, lines and areas look, in the colour of the town."""
    colour = current_town().look.accent_light
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    look = {
        "type": "circle",
        "circleRadius": 7,
        "circleFillColor": [red, green, blue, 0.85],
        "circleStrokeColor": [255, 255, 255, 1],
        "circleStrokeWidth": 2,
        "lineStrokeColor": [red, green, blue, 1],
        "lineStrokeWidth": 3,
        "polygonFillColor": [red, green, blue, 0.2],
        "polygonStrokeColor": [red, green, blue, 1],
        "polygonStrokeWidth": 2,
    }
    sensor = {
        **look,
        "circleRadius": 9,
        "labelField": "name",
        "textFont": "14px sans-serif",
        "textOffsetY": -16,
    }
    return [
        {"styleId": STYLE, "rules": [{"style": look}]},
        {"styleId": SENSOR_STYLE, "rules": [{"style": sensor}]},
    ]


def tile_style(name: str) -> dict[str, Any]:
    """Return the style of a layer of vector tiles, in the words of MapLibre.

    Raises
    ------
    NotFound
        if there is no such collection.
    """
    about = collections.get(name).about()
    colour = current_town().look.accent_light
    tiles = f"{settings.PUBLIC_URL}/ogc/collections/{quote(name)}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    drawn = [
        ("fill", "Polygon", {"fill-color": colour, "fill-opacity": 0.2}),
        ("line", "Polygon", {"line-color": colour, "line-width": 1.5}),
        ("line", "LineString", {"line-color": colour, "line-width": 3}),
        (
            "circle",
            "Point",
            {
                "circle-color": colour,
                "circle-radius": 6,
                "circle-stroke-color": "#ffffff",
                "circle-stroke-width": 2,
            },
        ),
    ]  # fmt: skip
    source = {"type": "vector", "tiles": [tiles], "maxzoom": 18, "attribution": about.attribution}
    return {
        "version": 8,
        "name": about.title,
        "sources": {"town": source},
        "layers": [
            {
                "id": f"{kind}-{geometry}",
                "type": kind,
                "source": "town",
                "source-layer": name,
                "filter": ["==", ["geometry-type"], geometry],
                "paint": paint,
            }
            for kind, geometry, paint in drawn
        ],
    }


__all__ = ["config_js", "config_json", "rest_services", "services", "style_v3", "tile_style"]
