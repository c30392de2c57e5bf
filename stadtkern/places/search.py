"""Areas and addresses in the search; each leads to what is measured nearest to it."""

from django.contrib.gis.geos import Point
from django.urls import reverse

from stadtkern.places.models import Address, Area
from stadtkern.web.search import MOST_SCANNED, Entry, Found, Hit, among


def find_areas(text: str, first: int, most: int) -> Found:
    """Find areas by their names in any language, or by official number."""
    rows = Area.objects.order_by("slug").values_list("pk", "slug", "code", "name")[:MOST_SCANNED]
    entries = (
        Entry(" ".join(names.values()) or slug, f"{slug} {code}", pk) for pk, slug, code, names in rows
    )
    total, keys = among(entries, text, first, most)
    areas = Area.objects.select_related("parent").defer("parent__geometry").in_bulk(keys)
    shown = (areas[key] for key in keys if key in areas)
    return Found(total, [_area(area) for area in shown])


def find_addresses(text: str, first: int, most: int) -> Found:
    """Find addresses however their street is spelt."""
    found = Address.objects.search(text)
    rows = found.select_related("area").defer("area__geometry")[first : first + most]
    return Found(found.count(), [_address(address) for address in rows])


def _area(area: Area) -> Hit:
    above = f", {area.parent}" if area.parent else ""
    return Hit(str(area), _near(area.geometry.point_on_surface), f"{area.get_kind_display()}{above}")


def _address(address: Address) -> Hit:
    return Hit(str(address), _near(address.point), str(address.area or ""))


def _near(point: Point) -> str:
    """Return the map with what is nearest first."""
    return f"{reverse('map')}?near={point.y:.5f},{point.x:.5f}"
