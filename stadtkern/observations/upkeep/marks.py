"""The marks of a datastream as bits beside its rows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stadtkern.observations.fields import instant, micros
from stadtkern.observations.quality import Check, QualityFlag
from stadtkern.observations.upkeep.models import QualityMark

BITS = {
    QualityFlag.GOOD: Check.EDITOR_GOOD,
    QualityFlag.QUESTIONABLE: Check.EDITOR_QUESTIONABLE,
    QualityFlag.BAD: Check.EDITOR_BAD,
}


def mark_bits(datastream: int, times: Sequence[int]) -> NDArray[np.int64]:
    """Return for each time (microseconds, ascending) the `Check` bit of the newest mark over it, else 0."""
    bits = np.zeros(len(times), dtype=np.int64)
    if not len(times):
        return bits
    marks = QualityMark.objects.filter(
        datastream=datastream,
        undone_at__isnull=True,
        start__lte=instant(int(times[-1])),
        end__gt=instant(int(times[0])),
    )
    where = np.asarray(times, dtype=np.int64)
    for mark in marks.order_by("made_at", "pk"):
        first, last = np.searchsorted(where, [micros(mark.start), micros(mark.end)])
        bits[first:last] = int(BITS[QualityFlag(mark.flag)])
    return bits
