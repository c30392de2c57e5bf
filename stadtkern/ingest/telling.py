"""Writes down what is being stored, within the same transaction: the feed that subscribers follow."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stadtkern.contracts.messages import News
from stadtkern.ingest.models import NewsItem
from stadtkern.observations.services import told
from stadtkern.observations.services.told import ChangedEntities, StoredRows

MOST_TOGETHER = 1000
"""Identifiers in one item, so that a reader never has to take more at once."""
OBSERVATION = "Observation"


def listen() -> None:
    """Take note of everything that is stored from now on, in this process."""
    if note_rows not in told.on_rows:
        told.on_rows.append(note_rows)
        told.on_entities.append(note_entities)


def note_rows(stored: StoredRows) -> None:
    """Write down observations that this transaction stores."""
    order = np.argsort(stored.ids, kind="stable")
    items = []
    for start in range(0, len(order), MOST_TOGETHER):
        part = order[start : start + MOST_TOGETHER]
        times = stored.times[part]
        content = {
            "runs": runs_of(stored.ids[part]),
            "datastreams": np.unique(stored.datastreams[part]).tolist(),
            "span": [int(times.min()), int(times.max())],
        }
        items.append(NewsItem(kind=OBSERVATION, how="created", content=content))
    NewsItem.objects.bulk_create(items)


def note_entities(changed: ChangedEntities) -> None:
    """Write down entities that this transaction makes, changes or removes."""
    ids = np.array(sorted(set(changed.ids)), dtype=np.int64)
    NewsItem.objects.bulk_create(
        NewsItem(
            kind=changed.kind,
            how=changed.how,
            content={"runs": runs_of(ids[start : start + MOST_TOGETHER]), "fields": sorted(changed.fields)},
        )
        for start in range(0, len(ids), MOST_TOGETHER)
    )


def runs_of(ids: NDArray[np.int64]) -> list[list[int]]:
    """Return first and last of each run of neighbouring numbers in ascending `ids`."""
    if not len(ids):
        return []
    breaks = np.flatnonzero(np.diff(ids) > 1)
    firsts = ids[np.concatenate(([0], breaks + 1))]
    lasts = ids[np.concatenate((breaks, [len(ids) - 1]))]
    return [list(pair) for pair in zip(firsts.tolist(), lasts.tolist(), strict=True)]


def news_of(item: NewsItem) -> News:
    """Return an item of the feed as interfaces read it."""
    content: dict[str, Any] = item.content
    span: Sequence[int] = content.get("span", (0, 0))
    return News(
        kind=item.kind,
        how=item.how,
        runs=tuple((int(first), int(last)) for first, last in content.get("runs", ())),
        fields=frozenset(content.get("fields", ())),
        datastreams=frozenset(content.get("datastreams", ())),
        span=(int(span[0]), int(span[1])),
    )


def size_of(item: NewsItem) -> int:
    """Return how many identifiers an item holds."""
    return sum(last - first + 1 for first, last in item.content.get("runs", ()))
