"""Who counts uses of datasets says so here; pages and interfaces tell each use once.

Nothing about the reader is handed on but whether it names itself as a robot.
"""

import re
from collections.abc import Callable
from typing import Literal

from django.http import HttpRequest

from stadtkern.catalogue.models import Dataset

Kind = Literal["view", "download", "api", "sql", "map"]
Counter = Callable[[int, Kind], None]
"""Takes the primary key of the dataset and the kind of use; must be quick and never fail."""

ROBOT = re.compile(r"bot|crawl|spider|slurp|monitor|preview|headless|curl-health|uptime", re.IGNORECASE)

_counters: dict[str, Counter] = {}


def register(name: str, counter: Counter) -> None:
    """Let something count."""
    _counters[name] = counter


def note(request: HttpRequest, dataset: Dataset, kind: Kind) -> None:
    """Tell one use; robots and people of the town who look after the data are not counted."""
    if ROBOT.search(request.META.get("HTTP_USER_AGENT", "")) or request.method == "HEAD":
        return
    for counter in _counters.values():
        counter(dataset.pk, kind)
