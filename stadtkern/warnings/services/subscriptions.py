"""Browsers that want to be told of warnings."""

import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, SourceError, Unavailable
from stadtkern.base.jsonbody import load
from stadtkern.warnings.models import PushSubscription
from stadtkern.warnings.senders.push import CURVE, raw

MOST = 50_000
LONGEST = 1000
AUTH_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser tells of itself (Push API, PushSubscription.toJSON)."""

    endpoint: str
    key: str
    auth: str


def read_subscription(body: bytes) -> Subscription:
    """Return the subscription in a request.

    Raises
    ------
    BadInput
        if it is none.
    """
    try:
        told: dict[str, Any] = load(body[:10_000], dict)
        keys = told.get("keys") or {}
        found = Subscription(str(told["endpoint"]), str(keys["p256dh"]), str(keys["auth"]))
        parts = urlsplit(found.endpoint)
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw(found.key))
        is_right = len(raw(found.auth)) == AUTH_BYTES
    except (SourceError, KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise BadInput("This is no subscription of a browser (Push API).") from error
    if not is_right or parts.scheme != "https" or not parts.hostname or len(found.endpoint) > LONGEST:
        raise BadInput("This is no subscription of a browser (Push API).")
    return found


def keep_subscription(told: Subscription, *, language: str) -> None:
    """Keep the address of a browser; it may have been there already."""
    if PushSubscription.objects.count() >= MOST:
        raise Unavailable("There are too many subscriptions already.")
    facts = {"key": told.key, "auth": told.auth, "language": language, "failures": 0}
    PushSubscription.objects.update_or_create(
        endpoint=told.endpoint, defaults=facts, create_defaults={**facts, "created": clock.now()}
    )


def forget_subscription(endpoint: str) -> None:
    """Forget the address of a browser."""
    PushSubscription.objects.filter(endpoint=endpoint).delete()
