"""Areas and addresses in the search; each leads to what is measured nearest to it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from stadtkern.places.models import Address, Area
from stadtkern.search.areas import NamedArea
from stadtkern.search.subjects import BBox, Document, Subject

BATCH = 1000
M = TypeVar("M", bound=Model)


def area_documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return areas by their names in any language, their short name and official number."""
    found = Area.objects.select_related("parent").defer("parent__geometry").order_by("pk")
    for area in _these(found, keys).iterator(BATCH):
        point, kind = area.geometry.point_on_surface, area.get_kind_display()
        yield Document(
            key=str(area.pk),
            title=area.name or {"": area.slug},
            text={"": f"{kind}, {area.parent}" if area.parent else kind},
            hidden={"": f"{area.slug} {area.code}"},
            route=("map",),
            fragment=f"?near={point.y:.5f},{point.x:.5f}",
            bbox=area.geometry.extent,
        )


def address_documents(keys: Collection[str] | None) -> Iterator[Document]:
    """Return addresses."""
    found = Address.objects.select_related("area").defer("area__geometry").order_by("pk")
    for address in _these(found, keys).iterator(BATCH):
        longitude, latitude = address.point.x, address.point.y
        yield Document(
            key=str(address.pk),
            title={"pl" if "-" in address.postcode else "de": str(address)},
            text=address.area.name if address.area else {},
            route=("map",),
            fragment=f"?near={latitude:.5f},{longitude:.5f}",
            bbox=(longitude, latitude, longitude, latitude),
        )


def _these(found: QuerySet[M], keys: Collection[str] | None) -> QuerySet[M]:
    return found if keys is None else found.filter(pk__in=list(keys))


def _existing_areas(keys: Collection[str]) -> Collection[str]:
    return {str(key) for key in Area.objects.filter(pk__in=list(keys)).values_list("pk", flat=True)}


def _existing_addresses(keys: Collection[str]) -> Collection[str]:
    return {str(key) for key in Address.objects.filter(pk__in=list(keys)).values_list("pk", flat=True)}


def _area_keys(area: Area) -> Iterable[str]:
    children = Area.objects.filter(parent=area.pk).values_list("pk", flat=True)
    return [str(area.pk), *map(str, children)]


def named_areas(most: int) -> Sequence[NamedArea]:
    """Return areas to choose from, large ones first."""
    ranks = {kind: rank for rank, kind in enumerate(Area.Kind.values)}
    rows = Area.objects.defer("geometry").order_by("slug")[:most]
    found = sorted(rows, key=lambda area: (ranks.get(area.kind, len(ranks)), str(area).casefold()))
    return [NamedArea(area.slug, str(area), area.get_kind_display()) for area in found]


def box_of(slug: str) -> BBox | None:
    """Return the box of an area."""
    area = Area.objects.filter(slug=slug).first()
    box: BBox | None = area.geometry.extent if area else None
    return box


AREAS = Subject(
    slug="areas",
    title=_("Areas"),
    documents=area_documents,
    visible=_existing_areas,
    watches={Area: _area_keys},
    weight=0.9,
)
ADDRESSES = Subject(
    slug="addresses",
    title=_("Addresses"),
    documents=address_documents,
    visible=_existing_addresses,
    watches={Address: lambda address: [str(address.pk)]},
    weight=0.4,
)
