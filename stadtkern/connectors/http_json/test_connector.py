"""JSON mapped by an editor: rows, single objects, parallel lists, mistakes in single fields."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.connectors.http_json.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

SHARED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads"
OPTIONS: Mapping[str, Any] = {"values": ["v = water_level [cm]"], "time": "t", "thing": "Pegel"}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def read(document: object, **options: Any) -> list[Item]:  # noqa: ANN401
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(options={**OPTIONS, **options}, received=NOON)))


def readings(items: list[Item]) -> list[Reading]:
    return [item for item in items if isinstance(item, Reading)]


def test_the_sample_gives_values_times_and_places() -> None:
    body = (Path(__file__).parent / "sample.json").read_bytes()
    items = list(connector.parse(body, Context(options=connector.sample_options)))
    assert items[0] == Station(thing="11", name="Mühlgraben", longitude=14.7201, latitude=51.9533)
    found = readings(items)
    assert [(r.thing, r.observed_property, r.result, r.unit) for r in found] == [
        ("11", "water_level", 124.0, "cm"),
        ("11", "water_temperature", 6.4, "Cel"),
        ("12", "water_temperature", 7.1, "Cel"),
    ]
    assert found[0].phenomenon_time == datetime(2026, 11, 23, 13, 15, tzinfo=UTC)
    broken = body.replace(b'"pegel": null', '"pegel": "gestört"'.encode())
    rejected = connector.parse(broken, Context(options=connector.sample_options))
    (bad,) = [item for item in rejected if isinstance(item, Rejected)]
    assert (bad.where, bad.reason) == ("row 2, messung.pegel", 'not a number: "gestört"')


@pytest.mark.parametrize(
    ("raw", "time_format", "moment"),
    [
        (1764000000, "", datetime(2025, 11, 24, 16, tzinfo=UTC)),
        (1764000000000, "", datetime(2025, 11, 24, 16, tzinfo=UTC)),
        ("1764000000", "unix", datetime(2025, 11, 24, 16, tzinfo=UTC)),
        ("2026-07-01T12:00:00+02:00", "", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("01.07.2026 12:00", "", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("12h 01-07-26", "%Hh %d-%m-%y", datetime(2026, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_times_in_their_usual_forms(raw: object, time_format: str, moment: datetime) -> None:
    assert [r.phenomenon_time for r in readings(read({"t": raw, "v": 1}, time_format=time_format))] == [
        moment
    ]


def test_without_a_path_the_time_of_receiving_counts() -> None:
    assert readings(read({"v": 1}, time=""))[0].phenomenon_time == NOON


def test_parallel_lists_are_read_in_step() -> None:
    document = {"hourly": {"time": ["2026-07-01T00:00", "2026-07-01T01:00"], "t2m": [12.5, None], "x": [1]}}
    items = read(
        document,
        rows="hourly",
        time="time",
        values=["t2m = air_temperature", "x = visitors [1]"],
        timezone="UTC",
    )
    assert [(r.result, r.phenomenon_time.hour) for r in readings(items)] == [(12.5, 0)]
    assert [r.reason for r in items if isinstance(r, Rejected)] == ["a list of 1 values has 2 times"]


def test_the_example_of_the_how_to_page() -> None:
    level = {"at": "2026-11-23T14:15:00Z", "cm": 124}
    options = {"rows": "stations", "time": "level.at", "thing": "", "thing_path": "id", "name_path": "name"}
    items = read(
        {"stations": [{"id": 11, "name": "Weir", "level": level}]},
        values=["level.cm = water_level [cm]"],
        **options,
    )
    assert items[0] == Station(thing="11", name="Weir")
    assert [(r.result, r.phenomenon_time.hour) for r in readings(items)] == [(124.0, 14)]


def test_commas_are_read_where_the_editor_says_so() -> None:
    assert readings(read({"t": 1764000000, "v": "1.234,5"}, decimal=","))[0].result == 1234.5
    assert not readings(read({"t": 1764000000, "v": "12,5"}))


def test_bad_rows_are_rejected_and_good_ones_kept() -> None:
    bad: tuple[object, ...] = (1, "nan", [], {"x": 1}, 10**400, "text")
    rows: list[object] = [{"t": 1764000000, "v": value, "id": "a"} for value in bad]
    rows += [{"t": None, "v": 1, "id": "a"}, {"t": 1e300, "v": 1, "id": "a"}, {"v": 2, "id": None}, 7]
    items = read(rows, thing_path="id")
    assert [r.result for r in readings(items)] == [1.0]
    assert len([i for i in items if isinstance(i, Rejected)]) == 9


def test_paths_that_find_nothing_are_told() -> None:
    assert [i.reason for i in read({"t": 1764000000}) if isinstance(i, Rejected)] == [
        "no row has a value at v"
    ]
    with pytest.raises(SourceError, match='nothing at the path "data"'):
        read({"v": 1}, rows="data")


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>503</body></html>", b'{"v": 1', b"[" * 200_000, b"\xff\xfe"]
)
def test_an_unusable_answer_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"values": ["v"]}, "values, line 1"),
        ({"values": ["v[ = visitors [1]"]}, "values, line 1"),
        ({"rows": "a..b"}, "rows"),
        ({"longitude": "a["}, "longitude"),
        ({"headers": ["ohne Doppelpunkt"]}, "headers, line 1"),
        ({"headers": ["X-A: b\r\nX-C: d"]}, "headers, line 1"),
        ({"timezone": "MEZ!"}, "timezone"),
        ({"thing": ""}, "thing"),
        ({"time_format": "yyyy"}, "time_format"),
    ],
)
def test_wrong_settings_are_named(options: dict[str, Any], message: str) -> None:
    assert connector.check_options is not None
    assert [p for p in connector.check_options({**OPTIONS, **options}) if p.startswith(message)]


def test_headers_go_with_the_request() -> None:
    assert connector.requests is not None
    (request,) = connector.requests({"url": "https://example.org/v", "headers": ["X-Api-Key: 12"]})
    assert (request.url, dict(request.headers)) == ("https://example.org/v", {"X-Api-Key": "12"})
    assert not connector.requests({})


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["t", "v", "rows", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(document=JSON, rows=st.sampled_from(["", "rows", "rows[].x"]))
@settings(max_examples=150, deadline=None)
def test_any_json_gives_items_or_one_clear_line(document: object, rows: str) -> None:
    with suppress(SourceError):
        read(document, rows=rows, longitude="x", latitude="v")


@pytest.mark.skipif(not SHARED.is_dir(), reason="recorded answers are not here")
def test_a_recorded_answer_of_another_service() -> None:
    body = (SHARED / "parkapi-v3" / "basel.json").read_bytes()
    options = {
        "values": ["free = parking_free"],
        "time": "published",
        "thing_path": "id2",
        "name_path": "title",
        "longitude": "geo_point_2d.lon",
        "latitude": "geo_point_2d.lat",
    }
    items = list(connector.parse(body, Context(options=options)))
    assert items[0] == Station(
        thing="badbahnhof", name="Parkhaus Bad. Bahnhof", longitude=7.6089067, latitude=47.5651794
    )
    assert readings(items)[0].result == 286.0
    assert len(readings(items)) == 16  # one car park of 17 does not tell
