"""The layers as `services.json` names them.

Identifiers are whole numbers without "_" (Masterportal cuts them there) that stay the same while a collection
keeps its name. Addresses are absolute. Keys: docs/User/Global-Config/services.json.md of Masterportal 3.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings

from stadtkern.base.plugins import plugins
from stadtkern.catalogue.geodata import SOURCE
from stadtkern.catalogue.models import Distribution
from stadtkern.contracts.standard import Standard
from stadtkern.features import collections
from stadtkern.features.collections import About, Collection
from stadtkern.features.models import FeatureCollection
from stadtkern.observations.layers import PREFIX as LIVE
from stadtkern.observations.layers import live_streams
from stadtkern.observations.models import Datastream
from stadtkern.standards.masterportal.wms import Wms, maps

STYLE, SENSOR_STYLE = "stadtkern", "stadtkernSensor"
MOST_AS_GEOJSON = 500
"""Features up to which a layer is also one GeoJSON file, which Masterportal searches and filters."""
MOST_STREAMS = 300
"""Series of values named in one layer."""
FEATURES, TILES, GEOJSON, SENSORS, WMS = 1, 2, 3, 4, 5
LIMIT = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer: its folder in the tree and what `services.json` says of it."""

    folder: str
    service: dict[str, Any]
    style: str = ""
    is_base: bool = False
    is_visible: bool = False

    @property
    def identifier(self) -> str:
        """The number by which `config.json` names it."""
        return str(self.service["id"])


def identifier(kind: int, name: str) -> str:
    """Return a number that stays the same as long as the name does."""
    return f"{kind}{zlib.crc32(name.encode()):010d}"


def epsg() -> str:
    """Return the coordinate system of the town: the zone of UTM it lies in, or that of Poland."""
    from stadtkern.web.town import current_town  # noqa: PLC0415  # beside its use

    town = current_town()
    if town.country == "PL":
        return "EPSG:2180"
    return "EPSG:25832" if town.centre[0] < 12 else "EPSG:25833"  # noqa: PLR2004  # where zone 33 begins


def entries() -> list[Entry]:
    """Return all layers everybody may see, base map first."""
    found = [one for one in maps() if one]
    names = collections.names()
    known = collections.several(names)
    described = [(one, one.about()) for one in known.values()]
    metadata = datasets(about.name for _one, about in described)
    own = [(one, about) for one, about in described if not about.name.startswith(LIVE) and about.count]
    return [
        *(_wms(one) for one in found),
        *_sensors(),
        *(_features(one, about, metadata.get(about.name)) for one, about in own),
        *(
            _geojson(one, about, metadata.get(about.name))
            for one, about in own
            if (about.count or 0) <= MOST_AS_GEOJSON
        ),
        *(_tiles(one, about, metadata.get(about.name)) for one, about in own),
    ]


def datasets(names: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Return what the info button of a layer needs, by collection: our CSW and the record in it."""
    standards = plugins("stadtkern.standards", "standard", Standard)
    csw = standards.get("csw")
    if csw is None:
        return {}
    layers = FeatureCollection.objects.filter(source=SOURCE, name__in=list(names))
    by_distribution = dict(layers.values_list("reference", "name"))
    tables = Distribution.objects.filter(pk__in=by_distribution).select_related("dataset")
    url = f"{settings.PUBLIC_URL}/{csw.prefix}"
    return {
        by_distribution[one.pk]: [
            {
                "md_id": one.dataset.slug,
                "csw_url": url,
                "show_doc_url": f"{settings.PUBLIC_URL}{one.dataset.get_absolute_url()}",
                "md_name": str(one.dataset),
                "rs_id": one.dataset.slug,
            }
        ]
        for one in tables
    }


def _common(kind: int, name: str, title: str, typ: str, url: str) -> dict[str, Any]:
    return {"id": identifier(kind, name), "name": title, "typ": typ, "url": url, "gfiTheme": "default"}


def _about(about: About, one: Collection, metadata: Sequence[dict[str, Any]] | None) -> dict[str, Any]:
    """Return what all our layers say: titles of their properties, metadata, source."""
    return {
        "gfiAttributes": {name: found.title for name, found in one.properties().items()} or "ignore",
        "datasets": list(metadata) if metadata else False,
        "layerAttribution": about.attribution or "nicht vorhanden",
        "legend": True,
    }


def _features(one: Collection, about: About, metadata: Sequence[dict[str, Any]] | None) -> Entry:
    """Return a layer by OGC API Features; the client does not bring coordinates into its own system."""
    system = f"http://www.opengis.net/def/crs/EPSG/0/{epsg().removeprefix('EPSG:')}"
    service = {
        **_common(FEATURES, about.name, about.title, "OAF", f"{settings.PUBLIC_URL}/ogc"),
        "collection": about.name,
        "crs": system,
        "bboxCrs": system,
        "limit": LIMIT,
        "loadingStrategy": "bbox",
        **_about(about, one, metadata),
    }
    return Entry("features", service, STYLE)


def _geojson(one: Collection, about: About, metadata: Sequence[dict[str, Any]] | None) -> Entry:
    """Return a small layer as one file; its coordinates are longitude and latitude."""
    url = f"{settings.PUBLIC_URL}/ogc/collections/{quote(about.name)}/items?f=json&limit={MOST_AS_GEOJSON}"
    service = {
        **_common(GEOJSON, about.name, about.title, "GeoJSON", url),
        "format": "GeoJSON",
        "version": "1.0",
    }
    return Entry("geojson", {**service, **_about(about, one, metadata)}, STYLE)


def _tiles(one: Collection, about: About, metadata: Sequence[dict[str, Any]] | None) -> Entry:
    """Return a layer as vector tiles with a style of ours."""
    url = f"{settings.PUBLIC_URL}/ogc/collections/{quote(about.name)}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    number = identifier(TILES, about.name)
    style = {
        "id": f"{number}1",
        "name": about.title,
        "url": f"{settings.PUBLIC_URL}/masterportal/tiles/{quote(about.name)}.json",
        "defaultStyle": True,
    }
    service = {
        **_common(TILES, about.name, about.title, "VectorTile", url),
        "epsg": "EPSG:3857",
        "vtStyles": [style],
        **_about(about, one, metadata),
    }
    return Entry("tiles", service)


def _wms(one: Wms) -> Entry:
    service = {
        **_common(WMS, one.url + one.layers, one.title, "WMS", one.url),
        "layers": one.layers,
        "version": one.version,
        "format": one.format,
        "transparent": not one.is_base,
        "singleTile": False,
        "tilesize": 512,
        "gutter": 0,
        "featureCount": 1,
        "gfiAttributes": "ignore" if one.is_base else "showAll",
        "layerAttribution": one.attribution or "nicht vorhanden",
        "legend": not one.is_base,
        "datasets": False,
    }
    return Entry("maps", service, is_base=one.is_base, is_visible=one.is_base)


def _sensors() -> Iterator[Entry]:
    """Yield a layer of SensorThings for each observed property."""
    related = ("observed_property", "thing", "profile")
    streams = live_streams().select_related(*related).order_by("observed_property__slug", "pk")
    groups: dict[int, list[Datastream]] = {}
    for stream in streams:
        groups.setdefault(stream.observed_property_id, []).append(stream)
    for group in groups.values():
        yield _sensor(group[:MOST_STREAMS])


def stream_key(stream: Datastream) -> str:
    """Return the property in which Masterportal keeps the newest value of a series.

    That key is renewed by MQTT; `dataStreamValue` is emptied by a number that comes over MQTT.
    """
    return f"dataStream_{stream.pk}_{stream.name or stream.key}"


def _sensor(streams: Sequence[Datastream]) -> Entry:
    kind = streams[0].observed_property
    host = urlsplit(settings.PUBLIC_URL)
    is_safe = host.scheme == "https"
    service = {
        **_common(SENSORS, kind.slug, kind.label, "SensorThings", f"{settings.PUBLIC_URL}/sta"),
        "version": "1.1",
        "epsg": "EPSG:4326",
        "urlParameter": {
            "root": "Datastreams",
            "filter": f"ObservedProperty/id eq {kind.pk}",
            "expand": "Observations($orderby=phenomenonTime%20desc;$top=1),Thing($expand=Locations)",
        },
        "loadThingsOnlyInCurrentExtent": False,
        "mqttOptions": {
            "host": host.hostname or "localhost",
            "port": str(host.port or (443 if is_safe else 80)),
            "path": "/mqtt",
            "protocol": "wss" if is_safe else "ws",
            "mqttVersion": "3.1.1",
            "rhPath": f"{settings.PUBLIC_URL}/sta",
        },
        "mqttRh": 0,
        "mqttQos": 0,
        "observeLocation": False,
        "timezone": settings.TIME_ZONE,
        "noDataMessage": "–",
        "altitudeMode": "clampToGround",
        "showNoDataValue": True,
        "gfiAttributes": {"name": kind.label, **{stream_key(one): _label(one) for one in streams}},
        "layerAttribution": _sources(streams) or "nicht vorhanden",
        "legend": True,
        "datasets": False,
    }
    return Entry("sensors", service, SENSOR_STYLE, is_visible=False)


def _label(stream: Datastream) -> str:
    return (
        f"{stream.observed_property.label} ({stream.unit})"
        if stream.unit != "1"
        else stream.observed_property.label
    )


def _sources(streams: Sequence[Datastream]) -> str:
    named = dict.fromkeys(
        one.profile.attribution for one in streams if one.profile and one.profile.attribution
    )
    return "; ".join(named)
