"""Web push: messages on the devices of people who asked for them, encrypted from us to their browser.

RFC 8030 (delivery), RFC 8291 (encryption, with RFC 8188 `aes128gcm`), RFC 8292 (who sends: VAPID). The key of
this installation follows from its secret, so there is nothing to set up.
"""

import asyncio
import hashlib
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db.models import F
from django.utils import translation

from stadtkern.base.http import Client, FetchError
from stadtkern.warnings import texts
from stadtkern.warnings.models import Channel, PushSubscription
from stadtkern.warnings.senders.message import CannotSend, Message

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RECORD = 4096
LIFE = timedelta(hours=12)
GONE = {404, 410}
MOST_FAILURES = 10
TIMEOUT = timedelta(seconds=15)
AT_ONCE = 20
TITLE, TEXT = 120, 500
"""Letters at most; push services need not take more than 4096 encrypted bytes (RFC 8030, section 7.2)."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The keys of one subscription: public key (65 bytes) and shared secret (16 bytes)."""

    key: bytes
    auth: bytes


class Outcome(Enum):
    """What became of one message."""

    SENT = "sent"
    FAILED = "failed"
    GONE = "gone"


def own_key() -> ec.EllipticCurvePrivateKey:
    """Return the key by which push services know this installation."""
    digest = hashlib.sha512(b"web push " + settings.SECRET_KEY.encode()).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (ORDER - 1) + 1, CURVE)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half as an uncompressed point, 65 bytes."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def text(raw: bytes) -> str:
    """Return bytes as URL-safe base64 without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(coded: str) -> bytes:
    """Return the bytes of URL-safe base64, padded or not."""
    return urlsafe_b64decode(coded + "=" * (-len(coded) % 4))


def public_key() -> str:
    """Return what a browser needs to subscribe (`applicationServerKey`)."""
    return text(point(own_key()))


def encrypt(
    plain: bytes,
    receiver: Receiver,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return a message that only the browser behind a subscription can read (RFC 8291, section 3.4)."""
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(16)
    public = point(sender)
    shared = sender.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver.key))
    info = b"WebPush: info\0" + receiver.key + public
    secret = _derive(shared, receiver.auth, info, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, plain + b"\2", None)
    return salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public + sealed


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def authorization(endpoint: str) -> str:
    """Return the header that says who sends (RFC 8292, section 2)."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time() + LIFE.total_seconds()),
        "sub": settings.PUBLIC_URL,
    }
    return f"vapid t={jwt.encode(claims, own_key(), algorithm='ES256')}, k={public_key()}"


def send(channel: Channel, message: Message) -> None:
    """Send to every subscription in its language; those that are gone are forgotten."""
    del channel
    if not message.alert.is_public:
        raise CannotSend("only alerts of public rules are told to subscribers")
    plain = {code: _payload(message, code) for code, _name in settings.LANGUAGES}
    subscriptions = list(PushSubscription.objects.all())
    outcomes = asyncio.run(_send_all(subscriptions, plain, message.uid))
    by_outcome: dict[Outcome, list[int]] = {outcome: [] for outcome in Outcome}
    for subscription, outcome in zip(subscriptions, outcomes, strict=True):
        by_outcome[outcome].append(subscription.pk)
    PushSubscription.objects.filter(pk__in=by_outcome[Outcome.GONE]).delete()
    PushSubscription.objects.filter(pk__in=by_outcome[Outcome.SENT], failures__gt=0).update(failures=0)
    PushSubscription.objects.filter(pk__in=by_outcome[Outcome.FAILED]).update(failures=F("failures") + 1)
    PushSubscription.objects.filter(failures__gte=MOST_FAILURES).delete()


def _payload(message: Message, language: str) -> bytes:
    with translation.override(language):
        alert = message.alert
        url = f"{settings.PUBLIC_URL}/{language}/warnings/{alert.pk}/"
        title = texts.subject_line(alert, message.event)[:TITLE]
        shown = {"title": title, "body": texts.sentence(alert)[:TEXT], "url": url, "tag": f"alert-{alert.pk}"}
    return json.dumps(shown, ensure_ascii=False).encode()


async def _send_all(
    subscriptions: list[PushSubscription], plain: dict[str, bytes], uid: str
) -> list[Outcome]:
    room = asyncio.Semaphore(AT_ONCE)
    async with Client(timeout=TIMEOUT, deadline=TIMEOUT, attempts=1) as client:

        async def one(subscription: PushSubscription) -> Outcome:
            async with room:
                return await _send_one(client, subscription, plain[subscription.language], uid)

        return await asyncio.gather(*(one(subscription) for subscription in subscriptions))


async def _send_one(client: Client, subscription: PushSubscription, plain: bytes, uid: str) -> Outcome:
    try:
        body = encrypt(plain, Receiver(raw(subscription.key), raw(subscription.auth)))
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(int(LIFE.total_seconds())),
            "Urgency": "high",
            "Topic": uid.replace("-", "")[:32],
            "Authorization": authorization(subscription.endpoint),
        }
        await client.post(subscription.endpoint, body, headers=headers)
    except FetchError as error:
        return Outcome.GONE if error.status in GONE else Outcome.FAILED
    except ValueError:
        return Outcome.GONE
    return Outcome.SENT
