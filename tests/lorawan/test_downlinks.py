"""Messages to devices: ordered, handed to the network server, reported back."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import time_machine
from auditlog.models import LogEntry

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.base.http import Client
from stadtkern.contracts.connector import Context
from stadtkern.ingest.accounts import seal, unseal
from stadtkern.ingest.downlinks import Downlinks
from stadtkern.ingest.models import Source
from stadtkern.ingest.process import with_database
from stadtkern.ingest.services import receive
from stadtkern.lorawan.models import Device, Downlink
from stadtkern.lorawan.services import downlinks, order
from stadtkern.lorawan.services.downlinks import encode
from stadtkern.people.models import User
from tests.lorawan.conftest import EUI, NOON

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("english")]


def send(published: list[tuple[str, bytes]], *, is_there: bool = True) -> None:
    """Let `ingest` send what waits."""

    def publish(topic: str, body: bytes) -> bool:
        if is_there:
            published.append((topic, body))
        return is_there

    async def round_() -> None:
        async with Client(attempts=1, allow=("127.0.0.1",)) as client:
            with ThreadPoolExecutor(1) as threads:

                async def work(what: Callable[[], Any]) -> Any:  # noqa: ANN401
                    return await asyncio.get_running_loop().run_in_executor(threads, with_database, what)

                await Downlinks(work, publish, client).round()

    asyncio.run(round_())


def report(source: Source, kind: str, **fields: object) -> None:
    body = {"time": NOON.isoformat(), "deviceInfo": {"devEui": EUI}, **fields}
    receive(
        source,
        json.dumps(body).encode(),
        Context(topic=f"application/town/device/x/event/{kind}", received=NOON),
    )


def test_the_codec_encodes_what_is_typed(device: Device) -> None:
    assert encode(device, {"minutes": 15}, 1) == (b"\x01\x0f", 10, [])
    with pytest.raises(BadInput, match="The codec says"):
        encode(device, {"minutes": "x"}, 1)
    device.profile = None
    with pytest.raises(BadInput, match="no codec"):
        encode(device, {}, 1)


def test_a_message_goes_by_mqtt_and_its_fate_comes_back(source: Source, device: Device, alice: User) -> None:
    made = order(device, port=10, payload=b"\x01\x0f", fields={"minutes": 15}, by=alice)
    published: list[tuple[str, bytes]] = []
    send(published)
    ((topic, body),) = published
    assert topic == f"application/town/device/{EUI.lower()}/command/down"
    told = json.loads(body)
    assert (told["fPort"], told["data"], told["confirmed"]) == (10, "AQ8=", False)
    made.refresh_from_db()
    assert made.state == "handed"
    report(source, "txack", queueItemId=told["id"])
    made.refresh_from_db()
    assert made.state == "sent"
    report(source, "ack", queueItemId=told["id"], acknowledged=True)
    report(source, "txack", queueItemId=told["id"])
    made.refresh_from_db()
    assert made.state == "acknowledged"
    send(published)
    assert len(published) == 1
    entries = LogEntry.objects.get_for_object(made)
    assert [entry.changes["state"][1] for entry in entries.order_by("pk") if "state" in entry.changes] == [
        "waiting", "handed", "sent", "acknowledged",
    ]  # fmt: skip


def test_a_refusal_of_the_network_server_is_told(source: Source, device: Device) -> None:
    made = order(device, port=10, payload=b"\x01")
    published: list[tuple[str, bytes]] = []
    send(published)
    reference = json.loads(published[0][1])["id"]
    report(
        source,
        "log",
        level="ERROR",
        code="DOWNLINK_PAYLOAD_SIZE",
        description="too long",
        context={"queue_item_id": reference},
    )
    made.refresh_from_db()
    assert (made.state, made.detail) == ("failed", "too long")
    report(source, "txack", queueItemId="somebody-elses")


def test_a_message_waits_until_the_network_server_is_there(source: Source, device: Device) -> None:
    made = order(device, port=10, payload=b"\x01")
    send([], is_there=False)
    made.refresh_from_db()
    assert (made.state, made.attempts) == ("waiting", 1)
    assert "no network server listens" in made.detail
    published: list[tuple[str, bytes]] = []
    send(published)
    assert published == []  # not yet its turn
    Downlink.objects.update(next_try=NOON)
    send(published)
    assert len(published) == 1


def test_after_some_attempts_it_has_failed(
    source: Source, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downlinks, "MOST_ATTEMPTS", 2)
    made = order(device, port=10, payload=b"\x01")
    for _number in range(2):
        send([], is_there=False)
        Downlink.objects.update(next_try=NOON)
    made.refresh_from_db()
    assert made.state == "failed"


def test_a_message_goes_by_http_with_the_key_of_the_source(
    source: Source, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Grpc-Metadata-Authorization"], body))
            self.send_response(200 if self.headers["Grpc-Metadata-Authorization"] == "Bearer K" else 401)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    source.options = {"server": address, "server_key": seal("K")}
    source.save()
    assert "K" not in json.dumps(source.options).replace(address, "").split("sealed:")[0]
    made = order(device, port=10, payload=b"\x01")
    send([])
    assert asked[0][0] == f"/api/devices/{EUI.lower()}/queue"
    made.refresh_from_db()
    assert made.state == "handed"
    source.options["server_key"] = seal("wrong")
    source.save()
    second = order(device, port=10, payload=b"\x01")
    send([])
    server.shutdown()
    server.server_close()
    second.refresh_from_db()
    assert second.state == "failed"
    assert "401" in second.detail
    assert "API key" in second.detail


def test_a_source_that_takes_no_messages_says_so(source: Source, device: Device) -> None:
    source.connector = "http_json"
    source.save()
    made = order(device, port=10, payload=b"\x01")
    send([])
    made.refresh_from_db()
    assert (made.state, made.detail) == ("failed", "the source of the device takes no messages to devices")


@pytest.mark.parametrize(("port", "payload"), [(0, b"1"), (224, b"1"), (10, b""), (10, b"x" * 243)])
def test_what_cannot_be_sent_is_refused(device: Device, port: int, payload: bytes) -> None:
    with pytest.raises(BadInput):
        order(device, port=port, payload=payload)


def test_not_more_than_some_wait(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downlinks, "MOST_WAITING", 2)
    for _number in range(2):
        order(device, port=10, payload=b"\x01")
    with pytest.raises(BadInput, match="already waiting"):
        order(device, port=10, payload=b"\x01")


def test_only_editors_send(device: Device, bob: User) -> None:
    with pytest.raises(NotPermitted):
        order(device, port=10, payload=b"\x01", by=bob)


def test_secrets_are_sealed() -> None:
    assert unseal(seal("geheim")) == "geheim"
    assert "geheim" not in seal("geheim")
    assert unseal("plain") == "plain"
    assert unseal("sealed:nonsense") == ""
    with time_machine.travel(NOON + timedelta(days=4000)):
        assert unseal(seal("x")) == "x"
