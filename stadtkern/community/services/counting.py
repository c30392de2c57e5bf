"""Counts uses of datasets without knowing anything about who uses them.

Each page view, download and query counts one; robots that name themselves do not count (`catalogue.uses`).
Counts are gathered in memory and written with the first use after some seconds: should the program end
before, these are lost and nothing else.
"""

import logging
import threading
import time
from collections import Counter
from datetime import date

from django.db import DatabaseError, transaction
from django.db.models import F, Sum
from django.utils.timezone import localdate

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.uses import Kind
from stadtkern.community.models import DailyUse

logger = logging.getLogger(__name__)
PAUSE = 20.0
"""Seconds between two writings."""
MOST = 1000
"""Gathered counts of different kinds before they are written at once."""


class Gathered:
    """The counts of this process that are not written yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[tuple[int, date, str]] = Counter()
        self.written = time.monotonic()

    def add(self, dataset: int, kind: Kind) -> bool:
        """Add one; return whether it is time to write."""
        with self.lock:
            self.counts[dataset, localdate(), kind] += 1
            return time.monotonic() - self.written > PAUSE or len(self.counts) > MOST

    def take(self) -> Counter[tuple[int, date, str]]:
        """Return what is gathered and begin anew."""
        with self.lock:
            taken, self.counts = self.counts, Counter()
            self.written = time.monotonic()
            return taken

    def put_back(self, counts: Counter[tuple[int, date, str]]) -> None:
        """Take back what could not be written."""
        with self.lock:
            self.counts.update(counts)


gathered = Gathered()


def count(dataset: int, kind: Kind) -> None:
    """Count one use; written with others after some seconds."""
    if gathered.add(dataset, kind):
        write()


def write() -> None:
    """Write what is gathered; should the database be away, it is tried again later."""
    taken = gathered.take()
    if not taken:
        return
    try:
        _write(taken)
    except DatabaseError as error:
        gathered.put_back(taken)
        logger.warning("uses of datasets are not written yet: %s", error)


@transaction.atomic
def _write(taken: Counter[tuple[int, date, str]]) -> None:
    there = set(Dataset.objects.filter(pk__in={key[0] for key in taken}).values_list("pk", flat=True))
    for (dataset, day, kind), number in sorted(taken.items()):
        if dataset not in there:
            continue
        row, is_new = DailyUse.objects.get_or_create(
            dataset_id=dataset, day=day, kind=kind, defaults={"count": number}
        )
        if not is_new:
            DailyUse.objects.filter(pk=row.pk).update(count=F("count") + number)


def totals(dataset: Dataset, *, since: date) -> dict[str, int]:
    """Return the uses of a dataset by kind since a day; one query."""
    rows = DailyUse.objects.filter(dataset=dataset, day__gte=since).order_by()
    return dict(rows.values_list("kind").annotate(total=Sum("count")))
