"""The price of electricity by the hour, and when it is cheapest."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base import clock
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.data import facts, latest
from stadtkern.observations.queries import Latest, aggregate
from stadtkern.web.charts import Bar
from stadtkern.web.numbers import number_text

EXCHANGE_UNIT, UNIT = "{EUR}/(MW.h)", "{ct}/(kW.h)"
CENTS = 0.1
"""1 EUR/MWh is 0.1 ct/kWh."""
WINDOW = 3
HOUR = timedelta(hours=1)
FORECAST = ":forecast"

Hours = dict[datetime, float]


def midnight(now: datetime) -> datetime:
    """Return the beginning of the local day."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def prices(values: list[Latest], start: datetime, end: datetime) -> Hours:
    """Return the price in ct/kWh of each hour that is known; settled prices go before announced ones."""
    hours: Hours = {}
    for value in sorted(values, key=lambda one: not one.datastream.is_forecast):
        for bucket in aggregate(value.datastream, start, end, by="hour"):
            if bucket.mean is not None:
                hours[bucket.start] = bucket.mean * CENTS
    return dict(sorted(hours.items()))


def cheapest(hours: Hours, now: datetime) -> tuple[datetime, float] | None:
    """Return beginning and mean price of the cheapest three hours in a row from now on."""
    best: tuple[datetime, float] | None = None
    for start in hours:
        row = [hours.get(start + HOUR * n) for n in range(WINDOW)]
        known = [price for price in row if price is not None]
        if start + HOUR > now and len(known) == WINDOW and (best is None or sum(known) / WINDOW < best[1]):
            best = start, sum(known) / WINDOW
    return best


def clock_text(moment: datetime) -> str:
    """Return a local time of day."""
    return formats.date_format(timezone.localtime(moment), "TIME_FORMAT")


def sentence(hours: Hours, now: datetime) -> str:
    """Say what it costs now and when it is cheapest."""
    best = cheapest(hours, now)
    if best is None:
        return _("No prices are known for the coming hours.")
    start, price = best
    parts = {
        "from": clock_text(start),
        "to": clock_text(start + HOUR * WINDOW),
        "price": number_text(price, UNIT, 1),
    }
    if timezone.localdate(start) == timezone.localdate(now):
        return _("Cheapest today from %(from)s to %(to)s, %(price)s on average.") % parts
    return _("Cheapest tomorrow from %(from)s to %(to)s, %(price)s on average.") % parts


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hours of today."""
    key = str(config.get("datastream") or "").removesuffix(FORECAST)
    found = [value for value in latest([key, key + FORECAST]).values() if value.unit == EXCHANGE_UNIT]
    now = clock.now()
    start = midnight(now)
    end = midnight(start + timedelta(hours=26))
    hours = prices(found, start, midnight(end + timedelta(hours=26))) if found else {}
    if not hours:
        return {"sentence": _("There are no electricity prices to show yet.")}
    current = next((time for time in hours if time <= now < time + HOUR), None)
    bars = [
        Bar(label=formats.date_format(timezone.localtime(time), "G"), value=price, is_current=time == current)
        for time, price in hours.items()
        if time < end
    ]
    return {
        **facts(found[0]),
        "time": current,
        "stale": max(hours) + HOUR < now,
        "sentence": sentence(hours, now),
        "price": hours.get(current) if current else None,
        "unit": UNIT,
        "bars": bars,
        "streams": [value.datastream.key for value in found],
    }


tile = Tile(
    title=gettext_lazy("Electricity price"),
    description=gettext_lazy("The price at the exchange by the hour, and the cheapest hours."),
    template="tiles/electricity_price/tile.html",
    context=context,
    options=(
        Option(
            name="datastream", kind="datastream", label=gettext_lazy("Price at the exchange"), required=True
        ),
    ),
    queries=5,
)
