"""Areas and addresses of the town as collections."""

from collections.abc import Mapping

from django.db.models import F, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stadtkern.features import collections
from stadtkern.features.collections import Property
from stadtkern.features.querysets import FromRows
from stadtkern.places.models import Address, Area
from stadtkern.web.fields import FALLBACK


def in_active_language(path: str) -> Coalesce:
    """Return a text in several languages in the active one, else in the first there is."""
    wanted = (get_language() or FALLBACK[0]).partition("-")[0]
    order = dict.fromkeys((wanted, *FALLBACK))
    return Coalesce(*(KeyTextTransform(code, path) for code in order), output_field=TextField())


def area_properties() -> Mapping[str, Property]:
    """Return what can be asked of areas."""
    return {
        "name": Property("string", str(_("name")), in_active_language("name")),
        "short_name": Property("string", str(_("short name")), F("slug")),
        "kind": Property("string", str(_("kind")), F("kind")),
        "code": Property("string", str(_("official number")), F("code")),
        "part_of": Property("string", str(_("part of")), F("parent__slug")),
    }


def address_properties() -> Mapping[str, Property]:
    """Return what can be asked of addresses."""
    return {
        "street": Property("string", str(_("street")), F("street")),
        "house_number": Property("string", str(_("house number")), F("house_number")),
        "postcode": Property("string", str(_("postcode")), F("postcode")),
        "place": Property("string", str(_("place")), F("place")),
        "area": Property("string", str(_("area")), F("area__slug")),
    }


AREAS = FromRows(
    "areas",
    title=_("Areas"),
    description=_("The town, its quarters and what lies around it, with their outlines."),
    rows=Area.objects.all,
    geometry_path="geometry",
    geometries=["MultiPolygon"],
    properties=area_properties,
)
ADDRESSES = FromRows(
    "addresses",
    title=_("Addresses"),
    description=_("Houses and streets, each with a point."),
    rows=Address.objects.all,
    geometry_path="point",
    geometries=["Point"],
    properties=address_properties,
)


def register() -> None:
    """Offer both."""
    collections.register("areas", AREAS)
    collections.register("addresses", ADDRESSES)
