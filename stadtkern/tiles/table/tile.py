"""A table of newest values."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import address, is_stale, latest, place_name, sources_of

MOST = 50


def sentence(rows: int, old: int) -> str:
    """Say how many values there are and whether some are old."""
    if not rows:
        return _("There are no values to show yet.")
    if old:
        text = ngettext("%(old)d of %(rows)d values is old.", "%(old)d of %(rows)d values are old.", old)
        return text % {"old": old, "rows": rows}
    return ""


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return one row for each series."""
    values = list(latest((config.get("datastreams") or ())[:MOST]).values())
    rows = [
        {
            "place": place_name(value),
            "what": value.datastream.observed_property.label,
            "value": value,
            "stale": is_stale(value),
            "url": address("stream", value.datastream.pk),
        }
        for value in values
    ]
    old = sum(bool(row["stale"]) for row in rows)
    one_property = len({row["what"] for row in rows}) == 1
    return {
        "rows": rows,
        "one_property": one_property,
        "sentence": sentence(len(rows), old),
        "sources": sources_of(values),
        "time": max((value.time for value in values), default=None),
    }


tile = Tile(
    title=gettext_lazy("Table of values"),
    description=gettext_lazy("The newest values of several series, one in each row."),
    template="tiles/table/tile.html",
    context=context,
    options=(
        Option(
            name="datastreams",
            kind="datastreams",
            label=gettext_lazy("Series of measurements"),
            required=True,
        ),
    ),
    queries=1,
)
