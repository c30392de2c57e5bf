"""Fetching pages: guarded, conditional, within limits; and recognising our own catalogue."""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import timedelta
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings

from stadtkern.base.http import Answer, Client
from stadtkern.harvest.readers.base import Asked, ReadError

MAX_BYTES = 100_000_000
_PORTS = {"http": 80, "https": 443}


class Unchanged(Exception):
    """A page is as it was when it was last seen; nothing has to be read."""


class Fetcher:
    """The connection of one stretch of work to a catalogue."""

    def __init__(self, *, deadline: timedelta = timedelta(seconds=120), attempts: int = 3) -> None:
        self._limits = {"deadline": deadline, "attempts": attempts}
        self._runner = asyncio.Runner()
        self._client: Client | None = None

    def __enter__(self) -> Self:
        self._runner.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._runner.run(self._client.aclose())
        self._runner.__exit__(kind, error, trace)

    def get(self, url: str, *, accept: str = "*/*", etag: str = "", last_modified: str = "") -> Answer:
        """Return what an address answers; our own catalogue is not asked."""
        refuse_own_address(url)
        found = self._runner.run(self._get(url, accept, etag, last_modified))
        refuse_own_address(found.url)
        return found

    async def _get(self, url: str, accept: str, etag: str, last_modified: str) -> Answer:
        if self._client is None:
            self._client = Client(**self._limits)  # type: ignore[arg-type]  # two limits of two types
        return await self._client.get(
            url, headers={"Accept": accept}, etag=etag, last_modified=last_modified, max_bytes=MAX_BYTES
        )


class PageAsk:
    """The `ask` of one page: sends what is known of it, notes what comes."""

    def __init__(
        self, fetcher: Fetcher, *, url: str = "", etag: str = "", last_modified: str = "", digest: str = ""
    ) -> None:
        self._fetcher = fetcher
        self._known = (url, etag, last_modified, digest)
        self.url = self.etag = self.last_modified = self.digest = ""

    def __call__(self, url: str, *, accept: str = "*/*", is_page: bool = True) -> Asked:
        """Return what an address answers.

        Raises
        ------
        Unchanged
            If the page is as it was.
        FetchError
            If there is no usable answer.
        """
        known_url, etag, last_modified, digest = self._known
        is_known = is_page and url == known_url
        found = self._fetcher.get(
            url,
            accept=accept,
            etag=etag if is_known else "",
            last_modified=last_modified if is_known else "",
        )
        if not is_page:
            return Asked(found.body, found.url, found.content_type)
        self.url, self.etag, self.last_modified = url, found.etag[:500], found.last_modified[:100]
        self.digest = hashlib.sha256(found.body).hexdigest()
        if found.not_modified or (is_known and self.digest == digest):
            raise Unchanged
        return Asked(found.body, found.url, found.content_type)


def _place(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").casefold(), parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return "", 0


def is_own_address(url: str) -> bool:
    """Return whether an address is one of this installation."""
    return bool(url) and _place(url) == _place(settings.PUBLIC_URL)


def refuse_own_address(url: str) -> None:
    """Stop a harvest of ourselves."""
    if is_own_address(url):
        raise ReadError("own-catalogue", url)


def is_own_name(names: Iterable[str]) -> bool:
    """Return whether one of the names of a dataset is an address of our own catalogue."""
    own = settings.PUBLIC_URL.rstrip("/")
    bare = own.partition("://")[2] + "/"
    return any(name.partition("://")[2].startswith(bare) for name in names if "://" in name)
