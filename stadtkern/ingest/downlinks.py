"""Messages to devices on their way to the network server: by MQTT, or by HTTP with the key of the source."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from stadtkern.base.http import Client, FetchError
from stadtkern.contracts.connector import DownlinkOrder, Outgoing, SourceError
from stadtkern.ingest.accounts import unseal
from stadtkern.ingest.models import Source
from stadtkern.ingest.registry import connectors, filled
from stadtkern.lorawan import services as lorawan
from stadtkern.lorawan.models import Downlink

logger = logging.getLogger(__name__)
PAUSE = 1.0
LONG_PAUSE = 10.0
NOBODY = "no network server listens at the MQTT broker for %s"
TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})

Publish = Callable[[str, bytes], bool]
Work = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Does something with the database in a thread that may wait."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A message with the way it goes."""

    downlink: Downlink
    outgoing: Outgoing | None
    problem: str = ""
    """Why there is no way."""


def errands() -> list[Errand]:
    """Return the messages whose turn it is."""
    found = lorawan.waiting()
    if not found:
        return []
    slugs = {downlink.device.source for downlink, _order in found}
    sources = {source.slug: source for source in Source.objects.filter(slug__in=slugs)}
    return [_errand(downlink, order, sources.get(downlink.device.source)) for downlink, order in found]


def _errand(downlink: Downlink, order: DownlinkOrder, source: Source | None) -> Errand:
    connector = connectors().get(source.connector) if source else None
    if source is None or connector is None or connector.downlink is None:
        return Errand(downlink, None, "the source of the device takes no messages to devices")
    options = filled(connector, source.options)
    for option in connector.options:
        if option.kind == "secret" and options.get(option.name):
            options[option.name] = unseal(str(options[option.name]))
    try:
        return Errand(downlink, connector.downlink(order, options))
    except SourceError as error:
        return Errand(downlink, None, str(error))


class Downlinks:
    """Sends what waits, again and again."""

    def __init__(self, work: Work, publish: Publish, client: Client) -> None:
        self.work = work
        self.publish = publish
        self.client = client
        self.is_down = False

    async def run(self) -> None:
        """Send until cancelled; a database that is away is asked again later."""
        while True:
            try:
                await self.round()
                self.is_down = False
            except Exception as error:  # noqa: BLE001  # the next round may succeed
                if not self.is_down:
                    logger.error("messages to devices cannot be sent: %s", error)  # noqa: TRY400  # one line
                self.is_down = True
            await asyncio.sleep(LONG_PAUSE if self.is_down else PAUSE)

    async def round(self) -> int:
        """Send what waits now; return how many messages were handed over."""
        handed = 0
        for errand in await self.work(errands):
            problem, is_final = await self._send(errand)
            if problem:
                await self.work(partial(lorawan.note_refused, errand.downlink, problem, is_final=is_final))
            else:
                await self.work(partial(lorawan.note_handed, errand.downlink))
                handed += 1
        return handed

    async def _send(self, errand: Errand) -> tuple[str, bool]:
        """Hand one message over; return why it could not be, and whether another try is of no use."""
        outgoing = errand.outgoing
        if outgoing is None:
            return errand.problem, True
        if not outgoing.url:
            return ("" if self.publish(outgoing.topic, outgoing.body) else NOBODY % outgoing.topic), False
        try:
            await self.client.post(outgoing.url, outgoing.body, headers=outgoing.headers)
        except FetchError as error:
            is_final = error.status is not None and error.status not in TEMPORARY
            hint = (
                " (is the API key right?)"
                if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
                else ""
            )
            return f"{error}{hint}", is_final
        return "", False
