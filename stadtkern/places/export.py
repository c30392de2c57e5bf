"""Areas and addresses as GeoJSON, in the columns that the import reads."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from stadtkern.places.models import Address, Area

BATCH = 500


def area_features() -> Iterator[dict[str, Any]]:
    """Yield all areas as features."""
    for area in Area.objects.order_by("slug").iterator(BATCH):
        names = {f"name_{code}": text for code, text in area.name.items()}
        facts = {"slug": area.slug, "kind": area.kind, "code": area.code, "name": str(area), **names}
        yield {"type": "Feature", "geometry": json.loads(area.geometry.geojson), "properties": facts}


def address_features() -> Iterator[dict[str, Any]]:
    """Yield all addresses as features."""
    for address in Address.objects.order_by("pk").iterator(BATCH):
        names = ("street", "house_number", "postcode", "place")
        facts = {name: getattr(address, name) for name in names}
        yield {"type": "Feature", "geometry": json.loads(address.point.geojson), "properties": facts}


FEATURES: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "areas": area_features,
    "addresses": address_features,
}


def geojson(kind: str) -> Iterator[str]:
    """Yield a FeatureCollection (RFC 7946), feature by feature."""
    yield '{"type": "FeatureCollection", "features": ['
    separator = ""
    for feature in FEATURES[kind]():
        yield f"{separator}\n{json.dumps(feature, ensure_ascii=False)}"
        separator = ","
    yield "\n]}\n"
