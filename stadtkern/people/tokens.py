"""Bearer tokens of the town's OpenID Connect provider: signed JWTs, checked with the keys it publishes.

OpenID Connect Core 1.0, Discovery 1.0; RFC 7519 (JWT), RFC 7517 (JWK), RFC 8725 (best practice), RFC 9068.
"""

import hashlib
import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from allauth.socialaccount.models import SocialAccount
from asgiref.sync import async_to_sync
from django.conf import settings

from stadtkern.base.errors import NotAuthenticated, Unavailable
from stadtkern.base.http import Client, FetchError
from stadtkern.people.grants import SCOPES, WRITING_ROLES, Grant, of_person, with_parents
from stadtkern.people.keys import Credential
from stadtkern.people.roles import ROLES

logger = logging.getLogger(__name__)
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by public key only: neither `none` nor a shared secret (RFC 8725, 3.1)."""
LEEWAY = timedelta(seconds=30)
KEYS_KEPT = 3600.0
"""Seconds until the keys of the provider are asked for again."""
PAUSE = 60.0
"""Seconds between two questions because of an unknown key."""
MOST_BYTES = 1_000_000
LONGEST_TOKEN = 16_384
LATEST = 4_000_000_000
"""Seconds since 1970 that an end is cut to (2096)."""
INVALID = "This token is not valid: {}"


@dataclass(slots=True)
class _Provider:
    """What the provider has published."""

    url: str = ""
    issuer: str = ""
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    asked: float = float("-inf")


_provider = _Provider()


def forget_provider() -> None:
    """Ask the provider anew with the next token."""
    _provider.url, _provider.asked = "", float("-inf")
    _provider.keys.clear()


def credential_of(token: str) -> Credential:
    """Return what a token opens.

    Raises
    ------
    NotAuthenticated
        if the token is not of our provider, not for us, has ended or is no JWT.
    Unavailable
        if the keys of the provider cannot be read.
    """
    if not settings.OIDC_URL:
        raise NotAuthenticated("This is no API key, and tokens are not accepted here.")
    claims = _claims(token)
    return Credential(_grant(claims), datetime.fromtimestamp(min(int(claims["exp"]), LATEST), UTC))


def _claims(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise NotAuthenticated(INVALID.format("too long"))
    try:
        header = jwt.get_unverified_header(token)
        key = _key(str(header.get("kid", "")))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=settings.OIDC_AUDIENCE,
            issuer=_provider.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, OverflowError) as error:
        raise NotAuthenticated(INVALID.format(str(error)[:200])) from error
    if claims.get("typ") == "ID":
        raise NotAuthenticated(INVALID.format("it says who somebody is, and gives no access"))
    return claims


def _key(name: str) -> jwt.PyJWK:
    """Return the provider's key of this name, asked for when it is unknown or old."""
    at = time.monotonic()
    age = at - _provider.asked
    is_other = _provider.url != settings.OIDC_URL
    if is_other or age > KEYS_KEPT or (name not in _provider.keys and age > PAUSE):
        try:
            async_to_sync(_ask)(settings.OIDC_URL)
        except (FetchError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("the keys of %s cannot be read: %s", settings.OIDC_URL, error)
            if is_other or not _provider.keys:
                raise Unavailable("The provider of logins does not answer now.") from error
        _provider.asked = at
    if name not in _provider.keys:
        raise NotAuthenticated(INVALID.format("signed with an unknown key"))
    return _provider.keys[name]


async def _ask(url: str) -> None:
    """Read what the provider publishes (Discovery 1.0, section 4); the issuer must be who was asked (4.3)."""
    limit = timedelta(seconds=10)
    async with Client(timeout=timedelta(seconds=5), deadline=limit, attempts=2) as client:
        about = json.loads((await client.get(_configuration(url), max_bytes=MOST_BYTES)).body)
        issuer, address = str(about["issuer"]), str(about["jwks_uri"])
        if issuer.rstrip("/") != url.rstrip("/"):
            raise ValueError(f"{url} calls itself {issuer[:200]}")
        found = json.loads((await client.get(address, max_bytes=MOST_BYTES)).body)
    _provider.url, _provider.issuer, _provider.keys = url, issuer, _usable(found["keys"])


def _configuration(url: str) -> str:
    return f"{url.rstrip('/')}/.well-known/openid-configuration"


def _usable(published: Iterable[Mapping[str, Any]]) -> dict[str, jwt.PyJWK]:
    """Return the keys for signatures by name; what we cannot use is passed over."""
    keys: dict[str, jwt.PyJWK] = {}
    for one in published:
        if one.get("use", "sig") != "sig" or one.get("kty") == "oct":
            continue
        try:
            keys[str(one.get("kid", ""))] = jwt.PyJWK(dict(one))
        except jwt.PyJWTError as error:
            logger.info("a key of the provider is passed over: %s", error)
    return keys


def _grant(claims: Mapping[str, Any]) -> Grant:
    """Return what the claims stand for: the account of the subject, and what the provider says of it."""
    found = _words(claims, settings.OIDC_ROLES_CLAIM) & set(ROLES)
    organisations = with_parents(_words(claims, settings.OIDC_ORGANISATIONS_CLAIM))
    scopes = _words(claims, "scope") & set(SCOPES) or set(settings.OIDC_SCOPES)
    account = (
        SocialAccount.objects.select_related("user")
        .filter(provider__in=("openid_connect", settings.OIDC_ID), uid=str(claims["sub"]))
        .first()
    )
    if account is not None:
        if not account.user.is_active:
            raise NotAuthenticated("This account is closed.")
        base = of_person(account.user, extra_roles=found, organisations=organisations)
        return replace(base, principal=f"token:{account.user.username}", scopes=frozenset(scopes))
    name = hashlib.sha256(str(claims["sub"]).encode()).hexdigest()[:12]
    return Grant(
        principal=f"token:{name}",
        roles=frozenset(found),
        organisations=organisations,
        is_writer=bool(found & WRITING_ROLES),
        is_bound=False,
        scopes=frozenset(scopes),
    )


def _words(claims: Mapping[str, Any], path: str) -> set[str]:
    """Return the words of a claim, a list or a text with blanks; `realm_access.roles` goes into objects."""
    value: Any = claims if path else None
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return set(value.split())
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()
