"""What the broker asks the database and the published interfaces, without holding up its clients."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

from django.db import close_old_connections, transaction
from django.db.models import Max, Min

from stadtkern.base.clock import now
from stadtkern.contracts.messages import Messages
from stadtkern.ingest.models import MqttSession, NewsItem
from stadtkern.ingest.mqtt.session import Account, Session

T = TypeVar("T")
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 2000
Credentials = tuple[str | None, str | None]


def head() -> int:
    """Return the number of the newest item of the feed; 0: there is none."""
    return int(NewsItem.objects.aggregate(newest=Max("pk"))["newest"] or 0)


class Gate:
    """Who a client is, what it may do, and what is known of its last visit."""

    def __init__(self, interfaces: Mapping[str, Messages], executor: Executor) -> None:
        self.interfaces = interfaces
        self.roots = {interface.root: slug for slug, interface in interfaces.items()}
        self.executor = executor
        self.remembered: dict[Credentials, tuple[float, dict[str, Any] | None]] = {}

    async def ask(self, work: Callable[[], T]) -> T:
        """Do a piece of work that needs the database in another thread."""

        def asked() -> T:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self.executor, asked)

    def interface_of(self, topic: str) -> str:
        """Return the slug of the interface that a topic belongs to; empty: none."""
        return self.roots.get(topic.partition("/")[0], "")

    def may_write(self, slug: str, topic: str, account: Account) -> bool:
        """Return whether a client may write to a topic of an interface."""
        return slug in account.access and self.interfaces[slug].may_write(topic, account.access[slug])

    def seconds_to_wait(self, slug: str, access: object) -> int:
        """Count a message for an interface; return for how many seconds its client has to wait."""
        return self.interfaces[slug].seconds_to_wait(access)

    async def account(self, username: str | None, password: str, *, is_free: bool) -> Account | None:
        """Return the account of a client that belongs to no source; None: it is not welcome."""
        credentials = (username, password) if username else (None, None)
        access = await self.access(credentials)
        if access is None or (not access and not is_free):
            return None
        who = next((self.interfaces[slug].who(one) for slug, one in access.items()), "") if username else ""
        if username and not who:  # everybody may do everything: the name that it gave itself will do
            who = f"user:{username}"
        return Account(who, is_free=is_free, access=access, credentials=credentials)

    async def source_account(self, slug: str) -> Account:
        """Return the account of a source; beyond its own topics it may do what strangers may."""
        return Account(slug, source=slug, access=await self.access((None, None)) or {})

    async def access(self, credentials: Credentials, *, is_fresh: bool = False) -> dict[str, Any] | None:
        """Return what a client may do with each interface, as of some seconds ago; None: it is not known."""
        moment = time.monotonic()
        known = self.remembered.get(credentials)
        if known is not None and not is_fresh and moment - known[0] < REMEMBERED_SECONDS:
            return known[1]
        found = await self.ask(lambda: self._sign_in(credentials))
        if len(self.remembered) >= MOST_REMEMBERED:
            self.remembered.clear()
        self.remembered[credentials] = (moment, found)
        return found

    def _sign_in(self, credentials: Credentials) -> dict[str, Any] | None:
        found = {slug: one.sign_in(*credentials) for slug, one in self.interfaces.items()}
        known = {slug: access for slug, access in found.items() if access is not None}
        return known if known or credentials[0] is None else None

    async def renewed(self, account: Account, *, is_fresh: bool = False) -> dict[str, Any] | None:
        """Return what a client may do now; None: its key has ended."""
        return await self.access(account.credentials, is_fresh=is_fresh)

    async def refusal(self, topic: str, account: Account) -> str:
        """Return why a client may not subscribe to a topic of an interface; empty: it may."""
        slug = self.interface_of(topic)
        if slug not in account.access:
            return "it may not use this interface"
        return await self.ask(lambda: self.interfaces[slug].refusal(topic, account.access[slug]))

    # the feed and the sessions

    async def head(self) -> int:
        """Return the number of the newest item of the feed."""
        return await self.ask(head)

    async def load(self, key: str, account: Account) -> Session | None:
        """Return what a client subscribed to on its last visit; None if we cannot go on where it left."""

        def read() -> Session | None:
            row = MqttSession.objects.filter(key=key).first()
            if row is None:
                return None
            oldest = NewsItem.objects.aggregate(oldest=Min("pk"))["oldest"]
            if oldest is not None and row.position + 1 < oldest:
                return None
            topics = {str(topic): int(qos) for topic, qos in row.topics.items()}
            return Session(
                key, account, lasts=True, topics=topics,
                position=row.position, safe=row.position, kept=row.position,
            )  # fmt: skip

        return await self.ask(read)

    async def save(self, sessions: Sequence[Session]) -> None:
        """Write down subscriptions and positions."""
        rows = [
            MqttSession(key=one.key, topics=dict(one.topics), position=one.safe, seen=now())
            for one in sessions
        ]

        def write() -> None:
            with transaction.atomic():
                MqttSession.objects.bulk_create(
                    rows,
                    update_conflicts=True,
                    unique_fields=["key"],
                    update_fields=["topics", "position", "seen"],
                )

        await self.ask(write)
        for session, row in zip(sessions, rows, strict=True):
            session.kept = row.position

    async def forget(self, key: str) -> None:
        """Forget what a client subscribed to."""
        await self.ask(lambda: MqttSession.objects.filter(key=key).delete())
