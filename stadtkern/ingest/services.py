"""What people and other parts may do with sources."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.db import transaction

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.base.http import Answer, Client
from stadtkern.contracts.connector import Connector, Context, Item, Rejected, Request, SourceError
from stadtkern.ingest import polling, states
from stadtkern.ingest.accounts import derive_key, key_digest
from stadtkern.ingest.models import Source, SourceState, UnclaimedTopic, Validator
from stadtkern.ingest.polling import rejections
from stadtkern.ingest.reading import bounded, read
from stadtkern.ingest.registry import connector_of, filled
from stadtkern.ingest.states import Tally
from stadtkern.ingest.storing import exclusive, keep
from stadtkern.ingest.topics import matches
from stadtkern.lorawan import services as lorawan
from stadtkern.people.models import User

PREVIEW_ITEMS = 20
PREVIEW_SECONDS = 15.0
CHECK_SECONDS = 5.0
RECEIVE_SECONDS = 5.0
PREVIEW_DEADLINE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Preview:
    """The first things a connector finds under some settings."""

    items: tuple[Item, ...] = ()
    more: int = 0
    """How many items there are besides."""
    origin: str = ""
    """Address or topic they came from."""
    problem: str = ""
    """One line; empty: all was well."""


def require(user: User | None, permission: str, source: Source | None = None) -> None:
    """Refuse a person who may not do this; `None` is the system itself."""
    if user is not None and not user.has_perm(f"ingest.{permission}_source", source):
        raise NotPermitted("Only editors may work with data sources.")


def poll(source: Source) -> Tally:
    """Ask a source now and store what it answers; the result stands in its state, too."""
    with asyncio.Runner() as runner:
        client = Client()

        def fetch(request: Request, etag: str, last_modified: str) -> Answer:
            return runner.run(ask(client, request, etag, last_modified))

        try:
            return polling.poll(source, fetch=fetch)
        finally:
            runner.run(client.aclose())


async def ask(client: Client, request: Request, etag: str = "", last_modified: str = "") -> Answer:
    """Ask one address."""
    return await client.get(
        request.url,
        headers=request.headers,
        etag=etag,
        last_modified=last_modified,
        max_bytes=request.max_bytes,
    )


def receive(source: Source, body: bytes, context: Context) -> Tally:
    """Store a message that came in by itself; when this returns it is on disk.

    Raises
    ------
    BadInput
        if the message cannot be read; it is then in quarantine.
    """
    connector = connector_of(source.connector)
    try:
        items = read(connector, body, context, seconds=RECEIVE_SECONDS)
    except SourceError as error:
        raw = body[:300].decode("utf-8", "replace").replace("\0", "�")
        where = context.topic or context.name or context.url
        with exclusive():
            keep([Rejected(reason=states.one_line(error), where=where[:200], raw=raw)], source=source)
            states.received(source, trouble=str(error))
        raise BadInput(states.one_line(error)) from error
    (items,) = lorawan.prepare([items])
    with exclusive():
        tally = keep(items, source=source, received=context.received)
        trouble = rejections(tally.rejected, items) if tally.rejected else ""
        states.received(source, trouble=trouble)
    return tally


def pause(source: Source, *, by: User | None = None) -> None:
    """Stop asking a source and listening to it."""
    set_paused(source, value=True, by=by)


def resume(source: Source, *, by: User | None = None) -> None:
    """Go on asking a source, now."""
    set_paused(source, value=False, by=by)
    SourceState.objects.filter(source=source).update(next_try=None)


def set_paused(source: Source, *, value: bool, by: User | None) -> None:
    """Change whether a source is paused."""
    require(by, "change", source)
    source.is_paused = value
    source.save(update_fields=["is_paused"])


def try_now(source: Source, *, by: User | None = None) -> None:
    """Have `ingest` ask a source within seconds, paused or not."""
    require(by, "change", source)
    SourceState.objects.update_or_create(source=source, defaults={"try_requested": True})


def save_source(source: Source, *, by: User | None = None) -> Source:
    """Store a source that a form has checked; changed settings make it be asked afresh, now."""
    require(by, "add" if source.pk is None else "change", source)
    with transaction.atomic():
        before = Source.objects.filter(pk=source.pk).first() if source.pk else None
        source.save()
        SourceState.objects.get_or_create(source=source)
        if before is None or (before.connector, before.options) != (source.connector, source.options):
            Validator.objects.filter(source=source).delete()
        SourceState.objects.filter(source=source).update(next_try=None)
    return source


def delete_source(source: Source, *, by: User | None = None) -> None:
    """Remove a source; the readings that it brought stay."""
    require(by, "delete", source)
    source.delete()


def new_key(source: Source, *, by: User | None = None) -> str:
    """Give a source a new key for MQTT and webhook and return it; the old one ends."""
    require(by, "change", source)
    source.key_salt = secrets.token_hex(16)
    key = derive_key(source.slug, source.key_salt)
    source.key_hash = key_digest(key)
    source.save(update_fields=["key_salt", "key_hash"])
    return key


def check_options(connector: Connector, options: Mapping[str, object]) -> dict[str, list[str]]:
    """Return what is wrong with settings, by name of the setting; `""` for what concerns none of them."""
    wrong: dict[str, list[str]] = {}
    for option in connector.options:
        if option.required and options.get(option.name) in (None, "", [], ()):
            wrong.setdefault(option.name, []).append(f"“{option.label}” is missing")
    check = connector.check_options
    if check is None or wrong:
        return wrong
    given = filled(connector, options)
    try:
        lines = bounded(lambda: list(check(given)), seconds=CHECK_SECONDS)
    except Exception as error:  # noqa: BLE001  # a crashing check is a finding, too
        lines = [states.one_line(error)]
    names = sorted((option.name for option in connector.options), key=len, reverse=True)
    for line in lines:
        name = next((name for name in names if name in line), "")
        wrong.setdefault(name, []).append(line)
    return wrong


def preview(  # noqa: PLR0913  # where an answer came from, by name
    connector: str,
    options: Mapping[str, object],
    body: bytes,
    *,
    url: str = "",
    name: str = "",
    topic: str = "",
) -> list[Item]:
    """Return what a connector finds in an answer; nothing is stored.

    Raises
    ------
    SourceError
        if the answer cannot be used.
    """
    found = connector_of(connector)
    context = Context(options=filled(found, options), url=url, name=name, topic=topic)
    return read(found, body, context, seconds=PREVIEW_SECONDS)


def try_settings(slug: str, options: Mapping[str, object], *, by: User | None = None) -> Preview:
    """Ask a source that is not saved yet, and return the first things it gives."""
    require(by, "add")
    connector = connector_of(slug)
    try:
        if connector.requests is not None and connector.transport == "http":
            return _try_http(slug, connector, options)
        if connector.topics is not None:
            return _try_topics(slug, connector, options)
    except Exception as error:  # noqa: BLE001  # a connector may fail in any way; the form shows one line
        return Preview(problem=states.one_line(error))
    return Preview(problem="This connector waits for messages; there is nothing to ask.")


def _try_http(slug: str, connector: Connector, options: Mapping[str, object]) -> Preview:
    requests = connector.requests
    given = filled(connector, options)
    first = bounded(lambda: list(islice(requests(given), 1)), seconds=CHECK_SECONDS) if requests else []
    if not first:
        return Preview(problem="These settings lead to no address.")

    async def fetch() -> Answer:
        async with Client(deadline=PREVIEW_DEADLINE, attempts=1) as client:
            return await ask(client, first[0])

    answer = asyncio.run(fetch())
    return _shown(preview(slug, options, answer.body, url=answer.url, name=first[0].name), answer.url)


def _try_topics(slug: str, connector: Connector, options: Mapping[str, object]) -> Preview:
    topics = connector.topics
    given = filled(connector, options)
    filters = bounded(lambda: list(topics(given)), seconds=CHECK_SECONDS) if topics else []
    for seen in UnclaimedTopic.objects.all():
        if any(matches(seen.topic, one) for one in filters):
            return _shown(preview(slug, options, bytes(seen.newest), topic=seen.topic), seen.topic)
    return Preview(problem="No message has come in on these topics yet.")


def _shown(items: Sequence[Item], origin: str) -> Preview:
    problem = "" if items else "The answer holds no readings."
    return Preview(tuple(items[:PREVIEW_ITEMS]), max(0, len(items) - PREVIEW_ITEMS), origin, problem)
