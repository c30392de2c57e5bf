"""Asks the addresses that distributions name whether they still lead somewhere."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from stadtkern.base.clock import now
from stadtkern.base.errors import SourceError
from stadtkern.base.http import Client, FetchError
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality.facts import is_ours
from stadtkern.catalogue.quality.models import Link

logger = logging.getLogger(__name__)
AGAIN = timedelta(days=3)
"""An address is asked again so long after the last time."""
MOST = 400
"""Addresses asked in one run of the worker."""
AT_ONCE = 8
BATCH = 500


def named() -> Iterator[str]:
    """Yield all addresses outside that public distributions name, some twice."""
    rows = Distribution.objects.public().order_by().values_list("access_url", "download_url")
    for addresses in rows.iterator(chunk_size=BATCH):
        yield from (url for url in addresses if url.startswith(("http://", "https://")) and not is_ours(url))


def note_new() -> int:
    """Remember addresses that are new; return how many."""
    known = set(Link.objects.values_list("url", flat=True))
    fresh = sorted(set(named()) - known)
    Link.objects.bulk_create([Link(url=url) for url in fresh], batch_size=BATCH, ignore_conflicts=True)
    return len(fresh)


def forget(_at: datetime) -> int:
    """Delete addresses that no public distribution names any more; return how many."""
    gone = set(Link.objects.values_list("url", flat=True)) - set(named())
    deleted = 0
    listed = sorted(gone)
    for start in range(0, len(listed), BATCH):
        deleted += Link.objects.filter(url__in=listed[start : start + BATCH]).delete()[0]
    return deleted


def check_due(at: datetime, *, most: int = MOST) -> int:
    """Ask the addresses whose turn it is and keep what they answered; return how many were asked."""
    note_new()
    due = list(Link.objects.due(at - AGAIN)[:most])
    if due:
        asyncio.run(_ask_all(due))
        Link.objects.bulk_update(
            due, ["is_ok", "status", "problem", "checked_at", "failing_since"], batch_size=BATCH
        )
        logger.info("%d addresses asked, %d do not answer", len(due), sum(not one.is_ok for one in due))
    return len(due)


async def _ask_all(links: Sequence[Link]) -> None:
    turns = asyncio.Semaphore(AT_ONCE)
    async with Client(timeout=timedelta(seconds=15), deadline=timedelta(seconds=30), attempts=2) as client:

        async def in_turn(link: Link) -> None:
            async with turns:
                await _ask(client, link)

        await asyncio.gather(*map(in_turn, links))


async def _ask(client: Client, link: Link) -> None:
    status: int | None = None
    try:
        status, problem = (await client.get(link.url, max_bytes=0)).status, ""
    except FetchError as error:
        status, problem = error.status, str(error)[:300]
    except SourceError as error:
        problem = str(error)[:300]
    link.is_ok, link.status, link.problem, link.checked_at = not problem, status, problem, now()
    link.failing_since = None if link.is_ok else link.failing_since or link.checked_at


def broken(distributions: Iterable[Distribution]) -> frozenset[str]:
    """Return the addresses among theirs that did not answer when they were last asked; one query."""
    addresses = {url for one in distributions for url in (one.access_url, one.download_url) if url}
    if not addresses:
        return frozenset()
    return frozenset(Link.objects.broken().filter(url__in=addresses).values_list("url", flat=True))


def broken_of(dataset: Dataset) -> frozenset[str]:
    """Return the broken addresses of a dataset."""
    return broken(dataset.distributions.all())
