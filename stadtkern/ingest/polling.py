"""Ask a source: every address of it, what they lead to, and the state afterwards."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import DataError, IntegrityError

from stadtkern.base.clock import now
from stadtkern.base.http import Answer, FetchError
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Follow,
    Item,
    Reading,
    Rejected,
    Request,
    SourceError,
)
from stadtkern.ingest import states
from stadtkern.ingest.models import Source, Validator
from stadtkern.ingest.reading import bounded, describe_crash, read
from stadtkern.ingest.registry import connector_of, filled
from stadtkern.ingest.states import Tally
from stadtkern.ingest.storing import exclusive, keep

MOST_REQUESTS = 500
"""Addresses asked in one poll, with those that answers led to."""
MOST_DEEP = 3
"""Steps from answer to answer."""
REQUESTS_SECONDS = 10.0
LONGEST_URL = 2000
UNKNOWN_INTERVAL = timedelta(minutes=15)

Fetch = Callable[[Request, str, str], Answer]
"""Ask one address, with the entity tag and the date of the answer before; raises `FetchError`."""


@dataclass
class Poll:
    """One round through the addresses of a source."""

    source: Source
    connector: Connector
    fetch: Fetch
    options: dict[str, object]
    total: Tally = field(default_factory=Tally)
    answers: int = 0
    """Addresses that gave an answer we could use."""
    problems: list[str] = field(default_factory=list)
    retry_after: timedelta | None = None
    waiting: deque[tuple[Request, int]] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Ask all addresses, breadth first."""
        requests = self.connector.requests
        first = bounded(lambda: list(requests(self.options)), seconds=REQUESTS_SECONDS) if requests else []
        self._queue(first, depth=0)
        while self.waiting:
            request, depth = self.waiting.popleft()
            try:
                follows = self._ask(request)
            except FetchError as error:
                self.problems.append(str(error))
                self.retry_after = max(self.retry_after or timedelta(), error.retry_after or timedelta())
            except SourceError as error:
                self.problems.append(str(error))
            else:
                self._queue(follows, depth=depth + 1)

    def _queue(self, requests: list[Request], *, depth: int) -> None:
        for request in requests:
            if request.url in self.seen:
                continue
            if depth > MOST_DEEP or len(self.seen) >= MOST_REQUESTS:
                self.problems.append("the answers lead to too many further addresses; the rest was not asked")
                return
            self.seen.add(request.url)
            self.waiting.append((request, depth))

    def _ask(self, request: Request) -> list[Request]:
        """Ask one address and store its answer; return where it leads."""
        known = Validator.objects.filter(source=self.source, url=request.url).first()
        answer = self.fetch(request, known.etag if known else "", known.last_modified if known else "")
        if answer.not_modified:
            Validator.objects.filter(source=self.source, url=request.url).update(used=now())
            self.answers += 1
            return []
        context = Context(options=self.options, url=answer.url, name=request.name, received=now())
        items = read(self.connector, answer.body, context)
        follows = [item.request for item in items if isinstance(item, Follow)]
        self._keep(request, answer, items, is_leaf=not follows)
        self.answers += 1
        return follows

    def _keep(self, request: Request, answer: Answer, items: list[Item], *, is_leaf: bool) -> None:
        """Store the readings of an answer, and in the same transaction that we know it.

        An answer that leads on is asked without condition: behind an unchanged list the files may change.
        """
        try:
            with exclusive():
                tally = keep(items, source=self.source, received=now())
                Validator.objects.filter(source=self.source, url=request.url).delete()
                if is_leaf and (answer.etag or answer.last_modified) and len(request.url) <= LONGEST_URL:
                    Validator.objects.create(
                        source=self.source,
                        url=request.url,
                        etag=answer.etag[:300],
                        last_modified=answer.last_modified[:100],
                    )
        except (DataError, IntegrityError) as error:
            raise SourceError(f"the answer could not be stored ({states.one_line(error)})") from error
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise SourceError(describe_crash(error)) from error
        self.total.add(tally)
        if tally.rejected:
            self.total.trouble = rejections(tally.rejected, items)

    def conclude(self) -> None:
        """Write down how it went."""
        if self.problems and not self.answers:
            states.failed(
                self.source,
                states.interval_of(self.source, self.connector),
                reason=summary(self.problems),
                retry_after=self.retry_after,
            )
            return
        trouble = summary(self.problems) if self.problems else self.total.trouble
        states.succeeded(self.source, self.connector, trouble=trouble)


def poll(source: Source, *, fetch: Fetch) -> Tally:
    """Ask a source now; what goes wrong stands in its state and in its counters, and is not raised."""
    states.begin(source)
    try:
        connector = connector_of(source.connector)
    except Exception as error:  # noqa: BLE001  # not installed, or broken
        states.failed(source, source.interval or UNKNOWN_INTERVAL, reason=error)
        return Tally()
    round_ = Poll(source, connector, fetch, filled(connector, source.options))
    try:
        round_.run()
    except SourceError as error:
        round_.problems.append(str(error))
    except Exception as error:  # noqa: BLE001  # whatever it is, the next try must wait its turn
        round_.problems.append(describe_crash(error))
    round_.conclude()
    return round_.total


def summary(problems: list[str]) -> str:
    """Return one line about everything that went wrong."""
    more = len(problems) - 1
    return problems[0] if not more else f"{problems[0]} (and {more} more)"


def rejections(number: int, items: list[Item]) -> str:
    """Return one line about the rejected readings of an answer."""
    example = next((item for item in items if isinstance(item, Rejected)), None)
    given = sum(isinstance(item, Reading | Rejected) for item in items)
    text = f"{number} of {given} readings were rejected"
    return (
        f"{text}, such as: {example.where + ': ' if example.where else ''}{example.reason}"
        if example
        else text
    )
