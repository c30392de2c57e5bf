"""Several requests in one (OGC 18-088 section 11)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.errors import StadtkernError
from stadtkern.observations.models import Datastream, EntityVersion, HistoricalLocation, Sensor, Thing
from stadtkern.standards.sensorthings.batch import json_form, multipart
from stadtkern.standards.sensorthings.batch.parts import MOST, check
from stadtkern.standards.sensorthings.fixtures import datastream, location, sensor, thing

URL = "/sta/v1.1/$batch"


@pytest.fixture(autouse=True)
def _open(db: None, settings: Any) -> None:  # noqa: ANN401
    """Let everybody write."""
    settings.STA_ANONYMOUS_WRITE = True


def post(
    client: Browser, *requests: dict[str, Any], status: int = 200, **headers: str
) -> list[dict[str, Any]]:
    """Send a JSON batch and return the answers."""
    answer = client.post(URL, {"requests": list(requests)}, "application/json", headers=headers)
    assert answer.status_code == status, answer.content
    found: list[dict[str, Any]] = answer.json()["responses"] if status == 200 else [answer.json()]
    return found


def request(name: str, method: str, url: str, body: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return one request."""
    return {"id": name, "method": method, "url": url} | ({} if body is None else {"body": body}) | more


def test_references_in_addresses_and_bodies(client: Browser) -> None:
    """A later request names what an earlier one made."""
    answers = post(
        client,
        request("t", "post", "Things", thing()),
        request("s", "post", "/sta/v1.1/Sensors", sensor()),
        request("d", "post", "$t/Datastreams", datastream(Sensor={"@iot.id": "$s"})),
        request("o", "post", "http://testserver/sta/v1.1/Datastreams($d)/Observations", {"result": 5}),
        request("g", "get", "$d/Observations?$select=result&$count=true"),
        request("p", "patch", "Things($t)", {"name": "renamed"}),
    )
    assert [answer["status"] for answer in answers] == [201, 201, 201, 201, 200, 200]
    assert answers[4]["body"]["@iot.count"] == 1
    assert answers[4]["body"]["value"] == [{"result": 5}]
    stream = Datastream.objects.get()
    assert (stream.thing.name, stream.sensor) == ("renamed", Sensor.objects.get())


def test_group_is_done_together_or_not_at_all(client: Browser) -> None:
    """atomicityGroup: nothing half-written, and the answers say so."""
    answers = post(
        client,
        request("1", "post", "Things", thing(name="first")),
        request("2", "post", "Things", thing(Locations=[location()]), atomicityGroup="g"),
        request("3", "post", "Things", {"name": "no description"}, atomicityGroup="g"),
        request("4", "post", "Things", thing(), atomicityGroup="g"),
        request("5", "post", "$2/Datastreams", datastream()),
        request("6", "post", "Things", thing(name="last"), dependsOn=["g"]),
        request("7", "post", "Things", thing(name="last"), dependsOn=["1"]),
    )
    assert [answer["status"] for answer in answers] == [201, 424, 400, 424, 424, 424, 201]
    assert "description" in answers[2]["body"]["message"]
    assert sorted(Thing.objects.values_list("name", flat=True)) == ["first", "last"]
    assert not HistoricalLocation.objects.exists()
    assert EntityVersion.objects.count() == 2


def test_group_sees_what_it_made(client: Browser) -> None:
    """References within a group."""
    answers = post(
        client,
        request("a", "post", "Things", thing(), atomicityGroup="g"),
        request("b", "post", "$a/Datastreams", datastream(), atomicityGroup="g"),
        request("c", "get", "$b/Thing", atomicityGroup="g"),
    )
    assert [answer["status"] for answer in answers] == [201, 201, 200]
    assert answers[2]["body"]["name"] == "Gauge"


def test_errors_stay_with_their_request(client: Browser) -> None:
    """One wrong request does not keep the others from being done, unless asked."""
    wrong = request("1", "post", "Things", {})
    right = request("2", "post", "Things", thing())
    assert [answer["status"] for answer in post(client, wrong, right)] == [400, 201]
    assert [answer["status"] for answer in post(client, wrong, right, prefer="continue-on-error=false")] == [
        400
    ]
    assert Thing.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"requests": {}}',
        b'{"requests": [1]}',
        b'{"requests": [{"id": "1", "method": "JUMP", "url": "x"}]}',
        b'{"requests": [{"id": 1, "method": "GET", "url": "x"}]}',
        b'{"requests": [{"id": "1", "method": "GET"}]}',
        b'{"requests": [{"id": "1", "method": "GET", "url": "x", "headers": 5}]}',
        b'{"requests": [{"id": "1", "method": "GET", "url": "x", "dependsOn": ["2"]}]}',
        b'{"requests": [{"id": "1", "method": "GET", "url": "x"}, {"id": "1", "method": "GET", "url": "x"}]}',
    ],
)
def test_broken_batches_are_refused_as_a_whole(client: Browser, body: bytes) -> None:
    """Nothing is done of a batch that cannot be understood."""
    assert client.post(URL, body, "application/json").status_code == 400


def test_limits(client: Browser) -> None:
    """Too many requests, batches in batches, other hosts, other types and methods."""
    many = [request(str(number), "get", "Things") for number in range(MOST + 1)]
    assert post(client, *many, status=413)
    answers = post(
        client,
        request("1", "post", "$batch", {"requests": []}),
        request("2", "get", "https://evil.example/sta/v1.1/Things"),
        request("3", "get", "Nothings"),
        request("4", "get", "Things(1)/$ref/x/y"),
        request("5", "delete", "Things(1)"),
    )
    assert [answer["status"] for answer in answers][:3] == [400, 400, 404]
    assert answers[4]["status"] == 404
    assert client.post(URL, b"x", "text/plain").status_code == 415
    assert client.put(URL, b"{}", "application/json").status_code == 405


MULTIPART = """--batch_1
Content-Type: application/http
Content-Transfer-Encoding: binary

GET /sta/v1.1/Things?$count=true HTTP/1.1
Host: testserver


--batch_1
Content-Type: multipart/mixed; boundary=changes

--changes
Content-Type: application/http
Content-Transfer-Encoding: binary
Content-ID: 1

POST /v1.1/Things HTTP/1.1
Content-Type: application/json

{thing}
--changes
Content-Type: application/http
Content-ID: 2

POST $1/Datastreams HTTP/1.1
Content-Type: application/json

{stream}
--changes--
--batch_1
Content-Type: application/http

GET $1 HTTP/1.1

--batch_1--
"""


def send(client: Browser, text: str) -> list[str]:
    """Send a multipart batch and return the status lines of the answer."""
    answer = client.post(URL, text.replace("\n", "\r\n").encode(), 'multipart/mixed; boundary="batch_1"')
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    boundary = answer.headers["Content-Type"].partition("=")[2]
    assert answer.content.rstrip().endswith(f"--{boundary}--".encode())
    return [line for line in answer.content.decode().splitlines() if line.startswith("HTTP/1.1")]


def test_multipart_with_change_set(client: Browser) -> None:
    """/req/batch-request/batch-request: boundaries, change set, Content-ID."""
    text = MULTIPART.replace("{thing}", json.dumps(thing())).replace("{stream}", json.dumps(datastream()))
    assert send(client, text) == [
        "HTTP/1.1 200 OK",
        "HTTP/1.1 201 Created",
        "HTTP/1.1 201 Created",
        "HTTP/1.1 200 OK",
    ]
    assert Datastream.objects.get().thing == Thing.objects.get()


def test_failed_change_set_is_answered_once(client: Browser) -> None:
    """OData 4.01 protocol, section 11.7.7.4; nothing of it is stored."""
    text = MULTIPART.replace("{thing}", json.dumps(thing())).replace("{stream}", json.dumps({"name": "x"}))
    lines = send(client, text)
    assert lines == ["HTTP/1.1 200 OK", "HTTP/1.1 400 Bad Request", "HTTP/1.1 424 Failed Dependency"]
    assert not Thing.objects.exists()


def test_multipart_by_line_feeds_alone_and_broken_json(client: Browser) -> None:
    """Senders that know no carriage return; a part whose body is no JSON."""
    text = "--b\nContent-Type: application/http\n\nPOST Things HTTP/1.1\n\n{broken\n--b--"
    answer = client.post(URL, text.encode(), "multipart/mixed; boundary=b")
    assert b"HTTP/1.1 400 Bad Request" in answer.content
    assert b"not JSON" in answer.content


@pytest.mark.parametrize(
    ("told", "body"),
    [
        ("multipart/mixed", b"--b\r\n"),
        ("multipart/mixed; boundary=b", b"nothing"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: application/http\r\n\r\nGET Things\r\n"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: text/plain\r\n\r\nGET Things\r\n--b--"),
        ("multipart/mixed; boundary=b", b"--b\r\nnonsense\r\n\r\nGET Things\r\n--b--"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: application/http\r\n\r\nJUMP\r\n--b--"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed\r\n\r\n--c\r\n--b--"),
    ],
)
def test_broken_multipart_is_refused(client: Browser, told: str, body: bytes) -> None:
    """Cut off, without boundary, with other parts."""
    assert client.post(URL, body, told).status_code == 400


def survives(parse: Iterator[Any]) -> None:
    """Fail if anything else comes out than parts or an error for people."""
    try:
        check(parse)
    except StadtkernError as error:
        assert str(error)  # noqa: PT017  # either is right


@given(st.binary(max_size=300))
def test_multipart_parser_survives_all_bytes(body: bytes) -> None:
    """Bytes alone, and bytes within what looks right."""
    survives(multipart.parse("multipart/mixed; boundary=b", body))
    survives(multipart.parse("multipart/mixed; boundary=b", b"--b\r\n" + body + b"\r\n--b--"))
    head = b"--b\r\nContent-Type: application/http\r\n\r\n"
    survives(multipart.parse("multipart/mixed; boundary=b", head + body + b"\r\n--b--"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["id", "method", "url", "headers", "body", "atomicityGroup", "dependsOn"]), JSON
        ),
        max_size=4,
    )
)
def test_json_parser_survives_all_values(requests: list[Any]) -> None:
    """Any JSON in any place."""
    survives(json_form.parse({"requests": requests}))
