"""Is this installation safe: what `stadtkern check` says beside Django's own checks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  # Django's name
from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q

from stadtkern.base.clock import now
from stadtkern.people.models import User
from stadtkern.people.roles import ADMIN

BACKUP_DAYS = 8
DEMO_MAILS = "@demo.example"
"""Accounts of the demo town; their passwords are published."""
TAG = "stadtkern"


def check_address(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look at the address visitors use."""
    found: list[CheckMessage] = []
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https":
        found.append(
            Warning(
                f"Visitors reach {settings.PUBLIC_URL} without encryption.",
                hint="Put a reverse proxy with a certificate in front and set STADTKERN_PUBLIC_URL=https://...",
                id="people.W001",
            )
        )
    hosts = settings.ALLOWED_HOSTS
    if "*" in hosts:
        found.append(
            Warning(
                "Any host name is accepted.", hint="Name yours in STADTKERN_ALLOWED_HOSTS.", id="people.W002"
            )
        )
    elif not any(_covers(host, address.hostname or "") for host in hosts):
        found.append(
            Warning(
                f"{address.hostname} is not in STADTKERN_ALLOWED_HOSTS; visitors would get an error.",
                hint=f"Set STADTKERN_ALLOWED_HOSTS={address.hostname}",
                id="people.W003",
            )
        )
    return found


def check_open_writing(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look whether anybody may write."""
    if not settings.STA_ANONYMOUS_WRITE:
        return []
    if _is_loopback(urlsplit(settings.PUBLIC_URL).hostname or ""):
        said = "Anybody on this machine may read and write all sensor data."
        return [
            Warning(said, hint="Only for test suites: unset STADTKERN_STA_ANONYMOUS_WRITE.", id="people.W010")
        ]
    return [
        Error(
            f"Anybody who reaches {settings.PUBLIC_URL} may read and write all sensor data.",
            hint="Unset STADTKERN_STA_ANONYMOUS_WRITE.",
            id="people.E001",
        )
    ]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _covers(allowed: str, host: str) -> bool:
    bare = allowed.strip("[]")
    return host == bare or (bare.startswith(".") and (host.endswith(bare) or host == bare[1:]))


def check_proxies(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look whose word on the address of a visitor counts."""
    bad = [one for one in settings.TRUSTED_PROXIES if not _is_network(one)]
    if bad:
        said = f"No address and no network: {', '.join(bad)}."
        hint = "Name the reverse proxies in STADTKERN_TRUSTED_PROXIES, such as 10.0.0.5,10.1.0.0/24."
        return [Warning(said, hint=hint, id="people.W010")]
    if any(ip_network(one, strict=False).prefixlen == 0 for one in settings.TRUSTED_PROXIES):
        hint = (
            "Name the reverse proxies in STADTKERN_TRUSTED_PROXIES; else anybody gets around the rate limits."
        )
        return [Warning("Anybody may say which address a request comes from.", hint=hint, id="people.W011")]
    return []


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def check_second_factor(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look whether a stolen password alone opens the back office."""
    if settings.REQUIRE_SECOND_FACTOR or settings.DEMO:
        return []
    said = "A password alone opens the back office."
    return [Warning(said, hint="Set STADTKERN_REQUIRE_SECOND_FACTOR=yes.", id="people.W012")]


def check_secret(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look whether others on the machine can read the key of the installation."""
    path = Path(settings.DATA_DIR) / "secret_key"
    if not path.exists() or path.stat().st_mode & 0o077 == 0:
        return []
    return [Warning(f"Others can read {path}.", hint=f"chmod 600 {path}", id="people.W004")]


def check_mail(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look whether mails leave the machine."""
    if not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        return []
    hint = "Set STADTKERN_EMAIL_URL=smtp://user:password@host:587 and STADTKERN_EMAIL_FROM."
    return [Warning(f"Mails only go to {settings.EMAIL_FILE_PATH}.", hint=hint, id="people.W005")]


def check_backup(**_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look when the last backup was made."""
    made = _last_backup()
    if made and now() - made < timedelta(days=BACKUP_DAYS):
        return []
    said = f"The last backup is from {made:%Y-%m-%d}." if made else "There was no backup yet."
    return [Warning(said, hint="stadtkern backup FILE, every night, on another machine", id="people.W006")]


def _last_backup() -> datetime | None:
    try:
        return datetime.fromisoformat((Path(settings.DATA_DIR) / "last_backup").read_text().strip())
    except (OSError, ValueError):
        return None


def check_accounts(databases: Sequence[str] | None = None, **_kwargs: Any) -> list[CheckMessage]:  # noqa: ANN401
    """Look at the accounts that can do much; only when the database may be asked."""
    if not databases:
        return []
    try:
        return [*_demo_accounts(), *_administrators()]
    except DatabaseError as error:
        return [Warning(f"The accounts cannot be read: {error}", hint="stadtkern migrate", id="people.W009")]


def _demo_accounts() -> list[CheckMessage]:
    mails = sorted(
        User.objects.filter(is_active=True, email__iendswith=DEMO_MAILS).values_list("email", flat=True)
    )
    if not mails or settings.DEMO:
        return []
    hint = f"stadtkern person erase {mails[0]}"
    return [Warning(f"Anybody knows the passwords of {', '.join(mails)}.", hint=hint, id="people.W007")]


def _administrators() -> list[CheckMessage]:
    second = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    powerful = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMIN), is_active=True)
    mails = powerful.filter(~Exists(second)).order_by("email").values_list("email", flat=True).distinct()
    if not mails:
        return []
    return [
        Warning(
            f"Administrators without a second factor: {', '.join(mails)}.",
            hint="They can set one up on the page of their account: an app on the phone, or a passkey.",
            id="people.W008",
        )
    ]


def register_checks() -> None:
    """Make Django run our checks."""
    for check in (
        *(check_address, check_open_writing, check_proxies, check_second_factor, check_secret),
        *(check_mail, check_backup, check_accounts),
    ):
        register(check, TAG, deploy=True)
