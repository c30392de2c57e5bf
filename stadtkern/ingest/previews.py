"""The first things a source gives, as lines of a table."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from stadtkern.base.units import symbol
from stadtkern.contracts.connector import (
    DeviceStatus,
    DownlinkReport,
    Follow,
    Item,
    RawUplink,
    Reading,
    Rejected,
    Station,
    Threshold,
)
from stadtkern.ingest.services import Preview


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One thing a source gave."""

    kind: str
    what: str
    time: datetime | None = None
    value: float | None = None
    unit: str = ""
    note: str = ""


def shown_items(preview: Preview) -> list[PreviewRow]:
    """Return the lines of a preview."""
    return [shown(item) for item in preview.items]


def shown(item: Item) -> PreviewRow:  # noqa: PLR0911  # one for each kind of item
    """Return one item as a line."""
    match item:
        case Reading():
            what = f"{item.thing}: {item.observed_property}"
            kind = _("Forecast") if item.is_forecast else _("Reading")
            return PreviewRow(kind, what, item.phenomenon_time, item.result, symbol(item.unit), item.quality)
        case Station():
            place = (
                ""
                if item.latitude is None or item.longitude is None
                else f"{item.latitude}, {item.longitude}"
            )
            return PreviewRow(_("Station"), f"{item.thing}: {item.name}", note=place)
        case Threshold():
            what = f"{item.thing}: {item.observed_property}: {item.name}"
            return PreviewRow(_("Threshold"), what, item.valid_from, item.value, symbol(item.unit))
        case Rejected():
            return PreviewRow(_("Rejected"), item.where, note=f"{item.reason} {item.raw}"[:300])
        case RawUplink():
            payload = item.payload.hex(" ").upper()[:90]
            return PreviewRow(_("Uplink"), f"{item.thing}: {item.name}", item.time, note=payload)
        case DeviceStatus():
            return PreviewRow(_("State of a device"), item.thing, item.time)
        case DownlinkReport():
            return PreviewRow(_("Message to a device"), item.reference, item.time, note=item.state)
        case Follow():
            return PreviewRow(_("Further address"), item.request.url)
