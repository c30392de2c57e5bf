"""How many sensors and data sets the town holds."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import address
from stadtkern.governance.models import DataProfile
from stadtkern.observations.models import Datastream


def sentence(things: int, streams: int) -> str:
    """Say what the town measures and that everybody may know why."""
    if not streams:
        return _("The town publishes no measurements yet.")
    places = ngettext("%(n)d place", "%(n)d places", things) % {"n": things}
    series = ngettext("%(n)d series of measurements", "%(n)d series of measurements", streams) % {
        "n": streams
    }
    # Translators: series is "45 series of measurements", places is "12 places"
    return _("The town shows %(series)s from %(places)s. The register says why each of them is kept.") % {
        "series": series,
        "places": places,
    }


def context(config: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001  # nothing to set
    """Return the counts."""
    public = Datastream.objects.public()
    counts = public.aggregate(series=Count("pk"), things=Count("thing", distinct=True))
    return {
        **counts,
        "profiles": DataProfile.objects.published().count(),
        "sentence": sentence(counts["things"], counts["series"]),
        "detail_url": address("register"),
    }


tile = Tile(
    title=gettext_lazy("What the town measures"),
    description=gettext_lazy("The number of sensors and data sets, with the way to the register."),
    template="tiles/register_count/tile.html",
    context=context,
    queries=2,
)
