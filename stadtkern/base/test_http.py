"""The client is patient with servers and on guard against them."""

import asyncio
import gzip
import ssl
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from stadtkern.base.addresses import is_public, public_addresses
from stadtkern.base.http import Answer, Client, FetchError, replayed

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


class Server:
    """A real server on loopback that writes prepared bytes, and remembers what it was asked."""

    def __init__(self, *answers: bytes, pause: float = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.port = 0
        self.pause = pause
        self._tls = tls

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            for at in range(0, len(answer), 65_536):
                writer.write(answer[at : at + 65_536].replace(b"PORT", str(self.port).encode()))
                await writer.drain()
                await asyncio.sleep(self.pause)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.port}/"


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """Return a whole HTTP answer."""
    lines = {"Content-Length": str(len(body)), "Connection": "close"}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def get(
    server: Server,
    path: str = "",
    *,
    max_bytes: int = 1_000_000,
    etag: str = "",
    headers: dict[str, str] | None = None,
    **client: object,
) -> Answer:
    """Ask `server` once."""

    async def run() -> Answer:
        async with server:
            options = {"attempts": 1, "allow": {f"127.0.0.1:{server.port}"}, "proxy": ""} | client
            async with Client(**options) as one:  # type: ignore[arg-type]  # settings of the single tests
                return await one.get(server.url + path, max_bytes=max_bytes, etag=etag, headers=headers or {})

    return asyncio.run(run())


def test_answer_carries_what_the_next_question_needs() -> None:
    """Body, validators and the honest name of who asks."""
    server = Server(
        reply(b"{}", ETag='"7"', Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT", Content_Type="text/csv")
    )
    answer = get(server, "x?y=1")
    assert (answer.body, answer.status, answer.etag) == (b"{}", 200, '"7"')
    assert answer.last_modified.startswith("Mon")
    assert answer.content_type == "text/csv"
    assert answer.url == server.url + "x?y=1"
    assert server.asked[0].startswith("GET /x?y=1 HTTP/1.1")
    assert "User-Agent: Stadtkern/" in server.asked[0]


def test_unchanged_answer_is_not_sent_again() -> None:
    """304 is a success without a body."""
    server = Server(reply(status="304 Not Modified", ETag='"7"', Content_Length=""))
    answer = get(server, etag='"7"')
    assert answer.not_modified
    assert 'If-None-Match: "7"' in server.asked[0]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_answer_is_unpacked(coding: str) -> None:
    """As asked for by Accept-Encoding."""
    packed = gzip.compress(b"x" * 300_000) if coding == "gzip" else zlib.compress(b"x" * 300_000)
    assert get(Server(reply(packed, Content_Encoding=coding))).body == b"x" * 300_000


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"x" * 2_000_000), "larger than 1 MB"),
        (reply(b"", Content_Length="2000000000"), "larger than 1 MB"),
        (reply(b"x" * 2_000_000, Content_Length=""), "larger than 1 MB"),
        (reply(gzip.compress(bytes(300_000_000), 1), Content_Encoding="gzip"), "larger than 1 MB"),
        (reply(gzip.compress(b"x" * 999)[:-9], Content_Encoding="gzip"), "cut off"),
        (reply(b"nonsense", Content_Encoding="gzip"), "broken"),
        (reply(b"x", Content_Encoding="br"), "unknown compression: br"),
        (reply(b"x" * 10, Content_Length="50"), "cut off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
        (b"", "cut off"),
        (reply(status="404 Not Found"), "127.0.0.1 answers 404 Not Found"),
        (reply(status="799 Odd"), "answers 799"),
        (reply(status="302 Found", Location="http://127.0.0.1:PORT/"), "redirects more than 5 times"),
        (reply(status="302 Found", Location="file:///etc/passwd"), "not a web address"),
        (reply(status="302 Found", Location="http://["), "not a web address"),
        (reply(status="302 Found", Location="http://169.254.169.254/latest"), "internal address"),
        (reply(status="302 Found", Location="http://[::ffff:10.0.0.1]/"), "internal address"),
        (reply(status="302 Found", Location="http://127.0.0.1:9/"), "internal address"),
    ],
)
def test_unusable_answer_is_one_clear_line(answer: bytes, reason: str) -> None:
    """Too large, cut off, no HTTP, an error, or a lure into our own network."""
    with pytest.raises(FetchError, match=reason) as caught:
        get(Server(answer))
    assert "\n" not in str(caught.value)


def test_redirect_is_followed_without_secrets() -> None:
    """A key sent to one server is not told to another."""

    async def run() -> tuple[str, str]:
        async with Server(reply(b"here")) as second:
            first = Server(reply(status="302 Found", Location=second.url))
            async with first:
                hosts = {f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"}
                async with Client(allow=hosts, proxy="") as client:
                    answer = await client.get(first.url, headers={"X-Api-Key": "secret"})
            assert answer.body == b"here"
            assert answer.url == second.url
            return first.asked[0], second.asked[0]

    asked = asyncio.run(run())
    assert "X-Api-Key: secret" in asked[0]
    assert "X-Api-Key" not in asked[1]


def test_cookies_are_not_kept() -> None:
    """Nobody can follow a town through its questions."""

    async def run() -> str:
        async with Server(reply(b"x", Set_Cookie="id=1; Path=/")) as server:
            async with Client(allow={"127.0.0.1"}, proxy="") as client:
                await client.get(server.url)
                await client.get(server.url)
            return server.asked[1]

    assert "Cookie" not in asyncio.run(run())


def test_temporary_failure_is_tried_again() -> None:
    """A bad gateway is often over in a moment."""
    server = Server(reply(status="502 Bad Gateway"), reply(b"ok"))
    assert get(server, attempts=2).body == b"ok"
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("999999999", timedelta(days=1)),
        ("Mon, 23 Nov 2020 10:00:00 GMT", timedelta()),
    ],
)
def test_time_to_wait_is_told_and_not_cut_short(text: str, wait: timedelta) -> None:
    """Who names a time is not asked again at once."""
    server = Server(reply(status="503 Service Unavailable", Retry_After=text))
    with pytest.raises(FetchError) as caught:
        get(server, attempts=3)
    assert caught.value.retry_after == wait
    assert caught.value.status == 503
    assert len(server.asked) == 1


def test_slow_answer_ends_at_the_deadline() -> None:
    """A server that drips bytes does not hold us for ever."""
    server = Server(reply(b"x" * 500_000), pause=0.2)
    with pytest.raises(FetchError, match=r"did not finish answering within 0\.3 s"):
        get(server, deadline=timedelta(seconds=0.3))


def test_silent_server_is_told() -> None:
    """Silence ends earlier than the deadline."""

    async def run() -> None:
        async with (
            Server(b"", pause=0) as server,
            Client(allow={"127.0.0.1"}, proxy="", attempts=1, timeout=timedelta(seconds=0.2)) as client,
        ):
            server.answers[0] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
            server.pause = 1
            await client.get(server.url)

    with pytest.raises(FetchError, match="in time"):
        asyncio.run(run())


def answers(*rounds: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    """Return a name service that gives another answer each time."""
    left = list(rounds)

    async def resolve(_host: str, _port: int) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def test_the_checked_address_is_the_connected_one() -> None:
    """A name that changes its address between check and connection (DNS rebinding) gains nothing."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async def run(*allow: str) -> Answer:
        async with (
            Server(reply(b"town")) as server,
            Client(allow=allow, proxy="", attempts=1, resolve=resolve) as client,
        ):
            answer = await client.get(f"http://town.example:{server.port}/")
            assert f"Host: town.example:{server.port}" in server.asked[0]
            return answer

    assert asyncio.run(run("town.example")).body == b"town"
    assert asked == ["town.example"]
    with pytest.raises(FetchError, match=r"town\.example is an internal address"):
        asyncio.run(run())


def test_internal_addresses_among_public_ones_are_left_out() -> None:
    """Only what is public remains to connect to."""
    both = answers(["10.0.0.1", "93.184.216.34"])
    assert asyncio.run(public_addresses("town.example", 80, set(), both)) == ["93.184.216.34"]


def test_internal_targets_are_refused_with_a_proxy_as_well() -> None:
    """The proxy stands inside our network, too."""
    server = Server(reply(b"via proxy"))

    async def run(url: str) -> Answer:
        async with (
            server,
            Client(allow=set(), proxy=server.url, attempts=1, resolve=answers(["93.184.216.34"])) as client,
        ):
            return await client.get(url)

    assert asyncio.run(run("http://town.example/x")).body == b"via proxy"
    assert server.asked[0].startswith("GET http://town.example/x HTTP/1.1")
    server.asked.clear()

    async def internal() -> Answer:
        async with server, Client(allow=set(), proxy=server.url, attempts=1) as client:
            return await client.get("http://10.0.0.1/")

    with pytest.raises(FetchError, match="internal address"):
        asyncio.run(internal())
    assert not server.asked


def test_invalid_certificate_is_told(tmp_path: Path) -> None:
    """A self-made certificate is not accepted, and the line says so."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.now(UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=9))
    path = tmp_path / "both.pem"
    path.write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    async def run() -> None:
        async with (
            Server(reply(b"x"), tls=context) as server,
            Client(allow={"127.0.0.1"}, proxy="", attempts=1) as client,
        ):
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            await client.get(f"https://127.0.0.1:{server.port}/")

    with pytest.raises(FetchError, match=r"the certificate of 127\.0\.0\.1 is not valid"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "url", ["", "x", "ftp://example.org/", "http://", "file:///etc/passwd", "http://a b/", "http://\x00/"]
)
def test_what_is_no_web_address_is_told(url: str) -> None:
    """Before anything is sent."""

    async def run() -> None:
        async with Client(proxy="") as client:
            await client.get(url)

    with pytest.raises(FetchError, match="address"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2a01:4f8::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("::7f00:1", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address: str, *, public: bool) -> None:
    """Also where an internal address hides in an IPv6 one."""
    assert is_public(address) is public


def test_the_demo_plays_an_address_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, path and query are kept behind the player's address; without a player nothing changes."""
    assert replayed("https://a.example/x?y=1") == "https://a.example/x?y=1"
    monkeypatch.setenv("STADTKERN_REPLAY_URL", "http://127.0.0.1:8099")
    assert replayed("https://a.example/x?y=1") == "http://127.0.0.1:8099/a.example/x?y=1"


def test_many_questions_at_once_do_not_wait_for_each_other() -> None:
    """A slow source holds up no other one."""

    async def run() -> float:
        async with Server(reply(b"x"), pause=0.3) as server, Client(allow={"127.0.0.1"}, proxy="") as client:
            begin = asyncio.get_running_loop().time()
            await asyncio.gather(*(client.get(server.url) for _ in range(40)))
            return asyncio.get_running_loop().time() - begin

    assert asyncio.run(run()) < 1.2  # four rounds of ten would take 1.2 s at least
