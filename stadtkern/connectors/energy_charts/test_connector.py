"""Energy-Charts: prices, powers and signals in parallel lists; a changed unit must not pass."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stadtkern.connectors.energy_charts.connector import connector
from stadtkern.contracts.connector import Context, Item, Reading, Rejected, SourceError, Station

RECORDED = Path(os.environ.get("STADTKERN_SHARED", "../shared")) / "payloads" / "energy-charts"
SAMPLE = (Path(__file__).parent / "sample.json").read_bytes()
LATER = datetime(2026, 12, 1, tzinfo=UTC)
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="recorded answers are not here")


def read(document: object, received: datetime = LATER, **options: Any) -> list[Item]:  # noqa: ANN401
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return list(connector.parse(body, Context(options=options, received=received)))


def readings(items: list[Item]) -> list[Reading]:
    return [item for item in items if isinstance(item, Reading)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Rejected)]


def test_the_sample_gives_prices_also_below_zero() -> None:
    items = read(SAMPLE)
    assert items[0] == Station(thing="DE-LU", name="Day-ahead DE-LU")
    assert [(r.result, r.unit) for r in readings(items)] == [
        (101.5, "{EUR}/(MW.h)"),
        (-4.75, "{EUR}/(MW.h)"),
        (88.0, "{EUR}/(MW.h)"),
    ]
    assert readings(items)[0].phenomenon_time == datetime(2026, 11, 22, 23, tzinfo=UTC)


def test_what_lies_ahead_is_a_forecast() -> None:
    items = read(SAMPLE, received=datetime(2026, 11, 22, 23, 20, tzinfo=UTC))
    assert [r.is_forecast for r in readings(items)] == [False, False, True]


@pytest.mark.parametrize("unit", ["EUR / kg", "CHF / MWh", "", None, "ct/kWh?"])
def test_a_changed_unit_is_refused(unit: str | None) -> None:
    with pytest.raises(SourceError, match="unit"):
        read({"unix_seconds": [1764000000], "price": [1.0], "unit": unit})


def test_cents_per_kilowatt_hour_keep_their_unit() -> None:
    assert (
        readings(read({"unix_seconds": [1764000000], "price": [9.5], "unit": "ct/kWh"}))[0].unit
        == "{ct}/(kW.h)"
    )


def test_bad_entries_are_rejected_one_by_one() -> None:
    items = read(
        {"unix_seconds": [1764000000, None, 1e300, 1764003600], "price": ["x", 1, 2, 3], "unit": "EUR / MWh"}
    )
    assert [r.result for r in readings(items)] == [3.0]
    assert reasons(items) == ['not a number: "x"', "no time in unix_seconds", "no time in unix_seconds"]
    shorter = read({"unix_seconds": [1764000000], "price": [], "unit": "EUR / MWh"})
    assert reasons(shorter) == ["1 times but 0 values"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>502</body></html>",
        SAMPLE[:150],
        b"[]",
        b"{}",
        b'{"price": [1]}',
        b'{"detail": "Not Found"}',
        b'{"unix_seconds": [], "production_types": 5}',
        b'{"unix_seconds": [1], "production_types": [{}]}',
        b"[" * 200_000,
    ],
)
def test_an_unusable_answer_is_explained(body: bytes) -> None:
    with pytest.raises(SourceError):
        read(body)


def test_addresses() -> None:
    assert connector.requests is not None
    assert [request.url for request in connector.requests({"zone": "PL", "with_public_power": True})] == [
        "https://api.energy-charts.info/price?bzn=PL",
        "https://api.energy-charts.info/public_power?country=de",
        "https://api.energy-charts.info/signal?country=de",
    ]


@needs_recorded
@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.json")), ids=lambda path: path.name)
def test_every_recorded_answer_gives_readings_or_a_reason(path: Path) -> None:
    if path.name == "test_expected.json":
        with pytest.raises(SourceError, match="a list"):
            read(path.read_bytes())
    else:
        items = read(path.read_bytes())
        assert readings(items)
        assert reasons(items) == []


@needs_recorded
def test_recorded_answers_give_their_values() -> None:
    prices = readings(read((RECORDED / "elecpriceforecast_energycharts.json").read_bytes()))
    assert len(prices) == 48
    assert (prices[0].result, prices[0].phenomenon_time) == (92.85, datetime(2024, 12, 9, 23, tzinfo=UTC))
    power = readings(read((RECORDED / "test_sample_public_power.json").read_bytes()))
    found = {(r.thing, r.observed_property): (r.result, r.unit) for r in power}
    assert found["de-solar", "electricity_power"] == (1300.0, "MW")
    assert found["de-renewable_share_of_load", "renewable_share"] == (41.0, "%")
    assert ("de-nuclear", "electricity_power") not in found
    signal = readings(read((RECORDED / "test_sample_signal.json").read_bytes()))
    assert [r.result for r in signal] == [0.0, 0.0, 1.0, 44.3, 47.1, 46.0]
