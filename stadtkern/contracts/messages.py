"""Contract of a published interface that also works over MQTT; no Django.

`ingest` owns brokers, sessions and acknowledgements, and knows an interface only by what stands here.
Functions marked "database" are called in threads that may ask the database, the others on the event loop.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that a client wrote to a topic of the interface."""

    topic: str
    body: bytes
    access: Any
    """What `sign_in` said that the client may do."""
    received: datetime


@dataclass(frozen=True, slots=True)
class News:
    """Entities of one kind that one transaction made, changed or removed."""

    kind: str
    """SensorThings name in the singular, such as `Thing`."""
    how: str
    """`created`, `updated` or `deleted`."""
    runs: tuple[tuple[int, int], ...]
    """First and last identifier of each run of identifiers."""
    fields: frozenset[str] = frozenset()
    """JSON names of the properties that changed; empty: any of them may have."""
    datastreams: frozenset[int] = frozenset()
    """Of observations: the datastreams they belong to."""
    span: tuple[int, int] = (0, 0)
    """Of observations: earliest and latest time, microseconds since 1970."""


class Messages(Protocol):
    """What an interface offers over MQTT."""

    root: str
    """First level of all its topics, such as `v1.1`."""

    def sign_in(self, username: str | None, password: str | None) -> Any | None:  # noqa: ANN401
        """Return what a client may do, None: it may not come in. Nobody's name: a stranger. Database."""

    def who(self, access: Any) -> str:  # noqa: ANN401
        """Return a name of the client for logs and sessions; empty: a stranger."""

    def may_write(self, topic: str, access: Any) -> bool:  # noqa: ANN401
        """Return whether a client may write to a topic, as far as the topic alone tells."""

    def seconds_to_wait(self, access: Any) -> int:  # noqa: ANN401
        """Count a message of a client; return for how many seconds no more are taken from it, mostly 0."""

    def refusal(self, topic: str, access: Any) -> str:  # noqa: ANN401
        """Return why a client may not subscribe to a topic; empty: it may. Database."""

    def store(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Store messages within the open transaction; return for each what is wrong with it. Database.

        A message that cannot be used gets a line and leaves nothing; the others are stored.
        """

    def publications(
        self,
        news: News,
        topics: Collection[str] | None,
        access: Any,  # noqa: ANN401
    ) -> Iterable[tuple[str, bytes]]:
        """Return topic and body of what subscribers of `topics` with these rights get to see. Database.

        Without `topics`: those that are published at an outside broker, which does not tell what its
        clients subscribed to.
        """
