"""Keys of sources: the password of a device at the broker, the secret of a webhook.

A key is derived from the secret of the installation and a random salt; the database holds the salt and the
SHA-256 of the key, neither of which gives the key away.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

SEALED = "sealed:"
"""Before a setting that is stored encrypted."""


def derive_key(slug: str, salt: str) -> str:
    """Return the key of a source."""
    text = f"ingest key {slug} {salt}".encode()
    return urlsafe_b64encode(hmac.digest(settings.SECRET_KEY.encode(), text, "sha256")).decode().rstrip("=")


def key_digest(key: str) -> str:
    """Return what is stored of a key. Keys are long and random: a slow hash would only slow us down."""
    return hashlib.sha256(key.encode()).hexdigest()


def is_key(given: str, digest: str) -> bool:
    """Return whether a key belongs to a stored digest, in constant time."""
    return bool(digest) and hmac.compare_digest(key_digest(given), digest)


def is_signature(given: str, body: bytes, *, key: str) -> bool:
    """Return whether a text is the HMAC-SHA-256 of a body (hexadecimal, `sha256=` before it or not)."""
    right = hmac.new(key.encode(), body, "sha256").hexdigest()
    return hmac.compare_digest(given.removeprefix("sha256=").lower().encode(), right.encode())


def _box() -> Fernet:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"ingest secrets of sources", "sha256")
    return Fernet(urlsafe_b64encode(key))


def seal(text: str) -> str:
    """Return a secret as settings keep it: database, audit trail and exports hold nothing readable."""
    return SEALED + _box().encrypt(text.encode()).decode()


def unseal(text: str) -> str:
    """Return a secret; nothing where it was sealed by another installation."""
    if not text.startswith(SEALED):
        return text
    try:
        return _box().decrypt(text.removeprefix(SEALED).encode()).decode()
    except InvalidToken:
        return ""


@dataclass(slots=True)
class Accounts:
    """Who may sign in at the embedded broker: one account a source, named like it."""

    digests: Mapping[str, str] = field(default_factory=dict)

    def knows(self, name: str, password: str) -> bool:
        """Return whether name and password belong together."""
        return is_key(password, self.digests.get(name, ""))
