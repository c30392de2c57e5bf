"""How programs read a series: lines to copy, with the real address in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from stadtkern.observations.models import Datastream


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for one tool."""

    slug: str
    title: str
    text: str
    note: str = ""


def snippets(stream: Datastream | None, *, sta: str) -> Sequence[Snippet]:
    """Return the lines for a series; `sta` is the address of SensorThings or empty."""
    if stream is None:
        return []
    with override("en"):  # decimal points and commas between columns
        csv = settings.PUBLIC_URL + reverse("stream-csv", args=[stream.pk])
    found = [
        Snippet("curl", "curl", f"curl -o values.csv '{csv}?from=2026-01-01'"),
        Snippet("python", "Python", _python(csv)),
        Snippet("r", "R", _r(csv)),
    ]
    if sta:
        observations = f"{sta}Datastreams({stream.pk})/Observations"
        newest = f"{observations}?$orderby=phenomenonTime%20desc&$top=10"
        found.insert(1, Snippet("sta", _("curl, SensorThings"), f"curl '{newest}'"))
    return [*found, Snippet("qgis", "QGIS", sta or csv, _qgis(sta))]


def _python(csv: str) -> str:
    return (
        "import pandas as pd\n\n"
        f'values = pd.read_csv("{csv}", parse_dates=["Time"], index_col="Time")\n'
        "print(values.tail())"
    )


def _r(csv: str) -> str:
    return (
        f'values <- read.csv("{csv}")\n'
        'values$Time <- as.POSIXct(values$Time, format = "%Y-%m-%d %H:%M:%S")\n'
        "tail(values)"
    )


def _qgis(sta: str) -> str:
    if sta:
        return _(
            "Layer > Add Layer > Add SensorThings Layer, then a new connection with this address (QGIS 3.36)"
        )
    return _("Layer > Add Layer > Add Delimited Text Layer, with this address as file name")
