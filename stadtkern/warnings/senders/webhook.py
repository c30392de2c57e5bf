"""Signed messages to web addresses of other programs."""

import asyncio
import hmac
import json
import time
from datetime import timedelta

from stadtkern.base.http import Answer, Client, FetchError
from stadtkern.ingest.accounts import derive_key
from stadtkern.warnings.models import Channel
from stadtkern.warnings.senders.message import CannotSend, Message

TIMEOUT = timedelta(seconds=15)
GONE = 410


def signature(key: str, moment: str, body: bytes) -> str:
    """Return the HMAC-SHA-256 over time and body, hexadecimal.

    The time is signed with the body, so that nobody can send a message again later.
    """
    return hmac.new(key.encode(), moment.encode() + b"." + body, "sha256").hexdigest()


def send(channel: Channel, message: Message) -> None:
    """Send the alert as JSON by POST; 2xx means that it arrived."""
    body = json.dumps(message.as_json(), ensure_ascii=False).encode()
    moment = str(int(time.time()))
    key = derive_key(f"webhook {channel.pk}", channel.key_salt)
    headers = {
        "Content-Type": "application/json",
        "Stadtkern-Delivery": message.uid,
        "Stadtkern-Time": moment,
        "Stadtkern-Signature": f"sha256={signature(key, moment, body)}",
    }
    try:
        asyncio.run(post(channel.url, body, headers))
    except FetchError as error:
        if error.status == GONE:
            raise CannotSend("the address says that it is gone") from error
        raise


async def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
    """Send one message to a guarded address."""
    async with Client(timeout=TIMEOUT, deadline=TIMEOUT, attempts=1) as client:
        return await client.post(url, body, headers=headers)
