"""What the map element needs to know, and the list beside it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import cos, hypot, radians
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from stadtkern.web.base_maps import BASE_MAPS
from stadtkern.web.town import current_town

RANKS = {"danger": 0, "warning": 1}
KINDS = frozenset({"water", "weather", "air", "traffic", "energy", "nature", "other"})


@dataclass(frozen=True, slots=True)
class Place:
    """A feature as the list shows it."""

    key: str
    name: str
    text: str
    url: str
    kind: str
    state: str
    longitude: float
    latitude: float
    time: datetime | None = None
    layer: str = ""


def place_of(feature: Mapping[str, Any], number: int, layer: str = "") -> Place | None:
    """Return a GeoJSON point as a place; None for anything else."""
    geometry, facts = feature.get("geometry") or {}, feature.get("properties") or {}
    if geometry.get("type") != "Point":
        return None
    longitude, latitude = geometry["coordinates"][:2]
    time = facts.get("time")
    kind = str(facts.get("kind") or "other")
    return Place(
        key=str(feature.get("id") or f"{layer}-{number}"),
        name=str(facts.get("name") or ""),
        text=str(facts.get("text") or ""),
        url=str(facts.get("url") or ""),
        kind=kind if kind in KINDS else "other",
        state=str(facts.get("state") or ""),
        longitude=float(longitude),
        latitude=float(latitude),
        time=parse_datetime(time) if isinstance(time, str) else time,
        layer=layer,
    )


def places_of(collection: Mapping[str, Any], layer: str = "") -> list[Place]:
    """Return the points of a FeatureCollection."""
    found = (
        place_of(feature, number, layer) for number, feature in enumerate(collection.get("features", ()))
    )
    return [place for place in found if place is not None]


def distance(place: Place, longitude: float, latitude: float) -> float:
    """Return how far away a place is, for sorting: degrees of latitude on a plane around the point."""
    return hypot((place.longitude - longitude) * cos(radians(latitude)), place.latitude - latitude)


def by_relevance(places: Iterable[Place]) -> list[Place]:
    """Return dangers first, then the places of the town, then what lies around it, nearest first."""
    town = current_town()
    west, south, east, north = town.bbox

    def rank(place: Place) -> tuple[int, bool, float]:
        inside = west <= place.longitude <= east and south <= place.latitude <= north
        return RANKS.get(place.state, len(RANKS)), not inside, distance(place, *town.centre)

    return sorted(places, key=rank)


def feature_collection(places: Iterable[Place]) -> dict[str, Any]:
    """Return places as GeoJSON, the way the map element reads them."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": place.key,
                "geometry": {"type": "Point", "coordinates": [place.longitude, place.latitude]},
                "properties": {
                    "key": place.key,
                    "layer": place.layer,
                    "name": place.name,
                    "text": place.text,
                    "url": place.url,
                    "kind": place.kind,
                    "state": place.state,
                    "time": place.time.isoformat() if place.time else "",
                },
            }
            for place in places
        ],
    }


def map_words(title: str) -> dict[str, str]:
    """Return all words of MapLibre in the active language."""
    return {
        "AttributionControl.ToggleAttribution": _("Show or hide the sources of the map"),
        "AttributionControl.MapFeedback": _("Report a mistake in the map"),
        "FullscreenControl.Enter": _("Full screen"),
        "FullscreenControl.Exit": _("Leave full screen"),
        "GeolocateControl.FindMyLocation": _("Show where I am"),
        "GeolocateControl.LocationNotAvailable": _("Your location is not available"),
        "LogoControl.Title": _("MapLibre home page"),
        "Map.Title": title,
        "Marker.Title": _("Place on the map"),
        "NavigationControl.ResetBearing": _("Turn the map to the north"),
        "NavigationControl.ZoomIn": _("Larger"),
        "NavigationControl.ZoomOut": _("Smaller"),
        "Popup.Close": _("Close"),
        "ScaleControl.Feet": _("ft"),
        "ScaleControl.Meters": _("m"),
        "ScaleControl.Kilometers": _("km"),
        "ScaleControl.Miles": _("mi"),
        "ScaleControl.NauticalMiles": _("nm"),
        "GlobeControl.Enable": _("Show as a globe"),
        "GlobeControl.Disable": _("Show as a plane"),
        "TerrainControl.Enable": _("Show the relief"),
        "TerrainControl.Disable": _("Hide the relief"),
        "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl and scroll to change the size of the map"),
        "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ and scroll to change the size of the map"),
        "CooperativeGesturesHandler.MobileHelpText": _("Use two fingers to move the map"),
        "sk.noMap": _("The map cannot be drawn on this device. The list shows the same places."),
        "sk.noPlaces": _("The places cannot be loaded now."),
        "sk.details": pgettext("link", "Details"),
    }


def map_setup(title: str) -> str:
    """Return what the map element needs, as JSON for its `data-setup`."""
    town = current_town()
    source = BASE_MAPS.get(town.map_source)
    setup = {
        "centre": town.centre,
        "bounds": town.bbox,
        "tiles": f"/tiles/{town.map_source}/{{z}}/{{x}}/{{y}}.png" if source else "",
        "maxZoom": source.max_zoom if source else 18,
        "attribution": f"{source.attribution} ({source.licence})" if source else "",
        "attributionUrl": source.homepage if source else "",
        "base": reverse("map-base"),
        "words": map_words(title),
    }
    return json.dumps(setup, ensure_ascii=False)
