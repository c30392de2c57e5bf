"""The newest public values as layers: one of all, and one for each observed property."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.gis.db.models import Extent
from django.db.models import CharField, Count, F, Max, Min, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label
from stadtkern.features.collections import Collection, Property
from stadtkern.features.querysets import FromRows
from stadtkern.observations.models import Datastream, ObservedProperty

ALL, PREFIX = "live", "live-"
TIME = "latest__phenomenon_time"


def live_streams() -> "QuerySet[Datastream]":
    """Return the public datastreams with a place and a newest number; no forecasts."""
    return Datastream.objects.public().filter(
        is_multi=False, is_forecast=False, latest__result__isnull=False, thing__location__isnull=False
    )


def properties() -> Mapping[str, Property]:
    """Return what is told of a value."""
    named = Coalesce(NullIf("thing__name", Value("")), "thing__key", output_field=CharField())
    return {
        "name": Property("string", str(_("name")), named),
        "observed_property": Property("string", str(_("observed property")), F("observed_property__slug")),
        "result": Property("number", str(_("result")), F("latest__result")),
        "unit": Property("string", str(_("unit (UCUM)")), F("unit")),
        "phenomenon_time": Property("date-time", str(_("time")), F(TIME)),
        "datastream": Property("integer", str(_("series of values")), F("pk")),
        "licence": Property("string", str(_("licence")), F("profile__licence")),
        "attribution": Property("string", str(_("attribution")), F("profile__attribution")),
    }


def layer(name: str, title: Label, description: Label, slug: str, facts: Mapping[str, Any]) -> FromRows:
    """Return the layer of one observed property; without a slug that of all."""

    def rows() -> "QuerySet[Datastream]":
        return live_streams().filter(observed_property__slug=slug) if slug else live_streams()

    return FromRows(
        name,
        title=title,
        description=description,
        rows=rows,
        geometry_path="thing__location",
        geometries=["Point"],
        properties=properties,
        time_path=TIME,
        page=lambda: reverse("things"),
        facts=facts or None,
    )


class LiveLayers:
    """Layers of the newest values; which there are is asked at each request."""

    def names(self, request: HttpRequest | None) -> Iterator[str]:  # noqa: ARG002  # all may read them
        """Yield the names; one query."""
        yield ALL
        found = live_streams().order_by("observed_property__slug").distinct()
        for slug in found.values_list("observed_property__slug", flat=True):
            yield PREFIX + slug

    def get(
        self,
        names: Sequence[str],
        request: HttpRequest | None,  # noqa: ARG002  # all may read them
    ) -> Mapping[str, Collection]:
        """Return the known ones of `names`; two queries, however many."""
        slugs = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
        found: dict[str, Collection] = {}
        if ALL in names:
            title, text = _("Newest values"), _("What was measured last at each place, of all kinds.")
            found[ALL] = layer(ALL, title, text, "", {})
        if slugs:
            grouped = live_streams().filter(observed_property__slug__in=slugs).order_by()
            facts = grouped.values("observed_property").annotate(
                box=Extent("thing__location"), number=Count("pk"), first=Min(TIME), last=Max(TIME)
            )
            known = {one["observed_property"]: one for one in facts}
            for kind in ObservedProperty.objects.filter(pk__in=known):
                name, text = PREFIX + kind.slug, _("What was measured last at each place.")
                found[name] = layer(name, kind.label, text, kind.slug, known[kind.pk])
        return found
