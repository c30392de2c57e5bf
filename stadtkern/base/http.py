"""The one client by which outside sources are asked: patient, modest and on guard."""

import asyncio
import logging
import os
import ssl
import urllib.request
import zlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

import httpcore
import httpx
import stamina

from stadtkern import __version__
from stadtkern.base.addresses import (
    AddressError,
    Resolver,
    UnknownHostError,
    allowed_hosts,
    is_allowed,
    public_addresses,
    system_resolver,
)
from stadtkern.base.clock import now
from stadtkern.base.errors import SourceError

MAX_BYTES = 64_000_000
_CHUNK = 65_536
_CONNECTIONS = 100
_KEEP_ALIVE = 10.0
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_REDIRECTS = {301, 302, 303, 307, 308}
_TEMPORARY = {408, 425, 500, 502, 503, 504}
_LONGEST_WAIT = timedelta(days=1)

logging.getLogger("stamina").setLevel(logging.ERROR)  # ingest tells of failures, once
logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log every address, with the keys in it


class FetchError(SourceError):
    """An address gave no usable answer; the text is one clear line."""

    def __init__(self, text: str, *, status: int | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.retry_after = retry_after


class TemporaryFetchError(FetchError):
    """A failure that may be over in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an address answered. `body` is empty if nothing has changed since (`not_modified`)."""

    body: bytes
    status: int
    url: str
    """The address that answered, after redirects."""
    etag: str = ""
    last_modified: str = ""
    content_type: str = ""
    not_modified: bool = False


class Client:
    """Asks addresses by GET, tells them something by POST.

    Every hop of a redirect is resolved once, checked against internal networks, and connected to at the
    checked address. `STADTKERN_ALLOW_PRIVATE_HOSTS` (`host` or `host:port`, by commas) names the exceptions.
    `STADTKERN_PROXY`, or else the usual `HTTPS_PROXY` and `NO_PROXY`, name a proxy.

    Parameters
    ----------
    timeout
        Longest silence of a server.
    deadline
        Longest time for one answer with all repetitions and redirects.
    attempts
        How often a temporary failure is tried.
    """

    def __init__(  # noqa: PLR0913  (every one has a default)
        self,
        *,
        timeout: timedelta = timedelta(seconds=20),
        deadline: timedelta = timedelta(seconds=120),
        attempts: int = 3,
        max_redirects: int = 5,
        proxy: str | None = None,
        allow: Collection[str] | None = None,
        resolve: Resolver = system_resolver,
    ) -> None:
        self._deadline = deadline
        self._attempts = attempts
        self._max_redirects = max_redirects
        allowed = allowed_hosts() if allow is None else frozenset(allow)
        self._client = httpx.AsyncClient(
            transport=_GuardedTransport(_proxy() if proxy is None else proxy, allowed, resolve),
            timeout=timeout.total_seconds(),
            trust_env=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"User-Agent": user_agent(), "Accept-Encoding": "gzip, deflate", "Accept": "*/*"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def get(  # noqa: PLR0913  # each but the first has a default
        self,
        url: str,
        *,
        headers: Mapping[str, str] = _NO_HEADERS,
        etag: str = "",
        last_modified: str = "",
        max_bytes: int = MAX_BYTES,
        into: IO[bytes] | None = None,
    ) -> Answer:
        """Return what `url` answers.

        `etag` and `last_modified` of an earlier answer save the transfer if nothing has changed. With `into`
        the body is written there, part by part, and the answer has none. With a `max_bytes` of 0 only the
        beginning of the answer is awaited and no body is read.

        Raises
        ------
        FetchError
            If there is no usable answer; with `retry_after` if the server named a time.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        asked = {**headers, **{name: value for name, value in conditions.items() if value}}
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                async for attempt in stamina.retry_context(
                    on=TemporaryFetchError,
                    attempts=self._attempts,
                    timeout=None,
                    wait_initial=0.5,
                    wait_max=10,
                ):
                    with attempt:
                        return await self._follow(replayed(url), asked, max_bytes, into)
        except TimeoutError:
            seconds = self._deadline.total_seconds()
            raise FetchError(f"{_host(url)} did not finish answering within {seconds:g} s") from None
        raise AssertionError("the retry loop returns or raises")  # pragma: no cover

    async def post(self, url: str, body: bytes, *, headers: Mapping[str, str] = _NO_HEADERS) -> Answer:
        """Send `body` to `url` once and return the answer; redirects are not followed.

        Raises
        ------
        FetchError
            If there is no usable answer; a `TemporaryFetchError` if it is worth trying again.
        """
        request = self._request(replayed(url), headers, body)
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                found = await self._ask(request, MAX_BYTES)
        except TimeoutError:
            raise TemporaryFetchError(f"{_host(url)} does not answer in time") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise _explained(error, request.url.host) from error
        if isinstance(found, Answer):
            return found
        raise FetchError(f"{_host(url)} redirects to another address; not followed")

    async def _follow(
        self, url: str, headers: Mapping[str, str], max_bytes: int, into: IO[bytes] | None
    ) -> Answer:
        """Return the answer at the end of the redirects."""
        for _ in range(self._max_redirects + 1):
            request = self._request(url, headers)
            try:
                found = await self._ask(request, max_bytes, into)
            except (
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.TimeoutException,
                OSError,
            ) as error:
                raise _explained(error, request.url.host) from error
            if isinstance(found, Answer):
                return found
            headers = _headers_for(found, request.url, headers)
            url = str(found)
        raise FetchError(f"{_host(url)} redirects more than {self._max_redirects} times")

    def _request(self, url: str, headers: Mapping[str, str], body: bytes | None = None) -> httpx.Request:
        method = "GET" if body is None else "POST"
        try:
            request = self._client.build_request(method, url, headers=dict(headers), content=body)
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise FetchError(f'not a usable address: "{url[:100]}"') from error
        host = request.url.host
        if request.url.scheme not in {"http", "https"} or not host or "%" in host:
            raise FetchError(f'not a web address: "{url[:100]}"')
        return request

    async def _ask(
        self, request: httpx.Request, max_bytes: int, into: IO[bytes] | None = None
    ) -> Answer | httpx.URL:
        """Return the answer, or the address it redirects to."""
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return _next_hop(request.url, response.headers["location"])
            _check_status(response)
            is_same = response.status_code == HTTPStatus.NOT_MODIFIED
            return Answer(
                body=b"" if is_same or not max_bytes else await _body(response, max_bytes, into),
                status=response.status_code,
                url=str(request.url),
                etag=response.headers.get("etag", ""),
                last_modified=response.headers.get("last-modified", ""),
                content_type=response.headers.get("content-type", ""),
                not_modified=is_same,
            )
        finally:
            await response.aclose()


def replayed(url: str) -> str:
    """Return where the demo plays `url` (`STADTKERN_REPLAY_URL/<host>/<path>`), or `url` itself."""
    player = os.environ.get("STADTKERN_REPLAY_URL", "")
    return f"{player}/{url.partition('://')[2]}" if player else url


def user_agent() -> str:
    """Return who asks, with an address where people find out more."""
    address = os.environ.get("STADTKERN_PUBLIC_URL", "")
    return f"Stadtkern/{__version__}" + (f" (+{address})" if address else "")


def _proxy() -> str:
    found = urllib.request.getproxies()
    return os.environ.get("STADTKERN_PROXY", "") or found.get("https", "") or found.get("http", "")


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or url[:100]
    except httpx.InvalidURL:
        return url[:100]


def _next_hop(current: httpx.URL, location: str) -> httpx.URL:
    try:
        target = current.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{current.host} redirects to an unusable address") from error
    if current.scheme == "https" and target.scheme != "https":
        raise FetchError(f"{current.host} redirects from https to {target.scheme or 'nothing'}; not followed")
    return target


def _headers_for(target: httpx.URL, current: httpx.URL, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the headers that may travel along: keys stay with the server they are meant for."""
    same = (target.scheme, target.host, target.port) == (current.scheme, current.host, current.port)
    return headers if same else {}


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == HTTPStatus.NOT_MODIFIED or HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    wait = _retry_after(response.headers.get("retry-after", ""))
    kind = TemporaryFetchError if status in _TEMPORARY and wait is None else FetchError
    text = f"{response.request.url.host} answers {status} {phrase}".rstrip()
    raise kind(text, status=status, retry_after=wait)


def _retry_after(text: str) -> timedelta | None:
    """Return the time to wait that a server asks for, in seconds or until a date."""
    if text.strip().isdecimal() and text.isascii():
        wait = timedelta(seconds=min(int(text.strip()[:9]), _LONGEST_WAIT.total_seconds()))
    else:
        try:
            until = parsedate_to_datetime(text)
        except (TypeError, ValueError):
            return None
        wait = until.replace(tzinfo=until.tzinfo or UTC) - now()
    return min(max(wait, timedelta()), _LONGEST_WAIT)


async def _body(response: httpx.Response, max_bytes: int, into: IO[bytes] | None = None) -> bytes:
    """Return the body, decompressed, read no further than the limit before and after decompression."""
    host = response.request.url.host
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > max_bytes:
        raise _too_large(host, max_bytes)
    parts: list[bytes] = []
    size = 0
    if into is not None:  # an earlier try may have left something
        into.seek(0)
        into.truncate()
    async for part in _decoded(response, max_bytes):
        size += len(part)
        if size > max_bytes:
            raise _too_large(host, max_bytes)
        if into is None:
            parts.append(part)
        else:
            into.write(part)
    return b"".join(parts)


def _too_large(host: str, max_bytes: int) -> FetchError:
    return FetchError(f"the answer of {host} is larger than {max_bytes / 1_000_000:g} MB")


async def _decoded(response: httpx.Response, max_bytes: int) -> AsyncIterator[bytes]:
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in {"", "identity"}:
        async for part in response.aiter_raw():
            yield part
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise FetchError(f"{response.request.url.host} answers in an unknown compression: {coding[:40]}")
    unpacker = zlib.decompressobj(wbits=47 if "gzip" in coding else 15)
    received = 0
    async for raw in response.aiter_raw():
        received += len(raw)
        if received > max_bytes:
            raise _too_large(response.request.url.host, max_bytes)
        for part in _inflated(unpacker, raw, response.request.url.host):
            yield part
    if received and not unpacker.eof:
        raise TemporaryFetchError(f"the answer of {response.request.url.host} is cut off")


def _inflated(unpacker: Any, raw: bytes, host: str) -> Iterable[bytes]:  # noqa: ANN401  (zlib names no such type)
    """Yield what `raw` unpacks to in small parts, so that a bomb is stopped at once."""
    try:
        while raw:
            part = unpacker.decompress(raw, _CHUNK)
            if part:
                yield part
            raw = unpacker.unconsumed_tail
    except zlib.error as error:
        raise FetchError(f"the compressed answer of {host} is broken") from error


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _explained(error: Exception, host: str) -> FetchError:
    """Return the one line that says why there is no answer."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return FetchError(f"the certificate of {host} is not valid: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return TemporaryFetchError(f"no secure connection to {host} is possible")
    if isinstance(error, httpcore.TimeoutException):
        return TemporaryFetchError(f"{host} does not answer in time")
    if isinstance(error, httpcore.ConnectError | httpcore.ProxyError):
        return TemporaryFetchError(f"{host} cannot be reached")
    return TemporaryFetchError(f"the answer of {host} is cut off or not HTTP")


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to checked addresses; the name is not asked a second time."""

    def __init__(self, allowed: Collection[str], resolve: Resolver) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the signature of httpcore)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address of `host` that answers."""
        addresses = await checked(host, port, self._allowed, self._resolve)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(host)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


async def checked(host: str, port: int, allowed: Collection[str], resolve: Resolver) -> list[str]:
    """Return the addresses of `host` that may be connected to; raise `FetchError` if there are none."""
    try:
        return await public_addresses(host, port, allowed, resolve)
    except UnknownHostError as error:
        raise TemporaryFetchError(str(error)) from error
    except AddressError as error:
        raise FetchError(str(error)) from error


class _GuardedTransport(httpx.AsyncBaseTransport):
    """Sends requests to checked addresses, or through the proxy where there is one."""

    def __init__(self, proxy: str, allowed: Collection[str], resolve: Resolver) -> None:
        self._allowed = allowed
        self._resolve = resolve
        context = httpx.create_ssl_context()
        self._direct = httpcore.AsyncConnectionPool(
            ssl_context=context,
            network_backend=_GuardedBackend(allowed, resolve),
            max_connections=_CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE,
        )
        self._proxied: httpcore.AsyncHTTPProxy | None = None
        if proxy:
            address = httpx.Proxy(proxy)
            self._proxied = httpcore.AsyncHTTPProxy(
                str(address.url),
                proxy_auth=address.raw_auth,
                ssl_context=context,
                max_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE,
            )

    async def _pool(self, url: httpx.URL) -> httpcore.AsyncConnectionPool:
        port = url.port or (443 if url.scheme == "https" else 80)
        if (
            self._proxied is None
            or is_allowed(url.host, port, self._allowed)
            or urllib.request.proxy_bypass(url.host)
        ):
            return self._direct
        try:
            await public_addresses(url.host, port, self._allowed, self._resolve)
        except AddressError as error:
            raise FetchError(str(error)) from error
        except UnknownHostError:
            pass  # behind some proxies only the proxy knows outside names
        return self._proxied

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return the answer with its body still to be read."""
        pool = await self._pool(request.url)
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.content or None,
            extensions=request.extensions,
        )
        response = await pool.handle_async_request(sent)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Stream(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._direct.aclose()
        if self._proxied is not None:
            await self._proxied.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()
