"""What the demo plays is what the connectors of the demo town ask for and understand."""

import tomllib
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from time_machine import TimeMachineFixture

from stadtkern.base.plugins import plugins
from stadtkern.config.demo.formats import ADDRESSES, uplink
from stadtkern.config.demo.scenario import Scenario
from stadtkern.config.paths import TOWNS
from stadtkern.contracts.connector import (
    Connector,
    Context,
    Item,
    RawUplink,
    Reading,
    Rejected,
    Request,
    Station,
    Threshold,
)

TOWN = TOWNS / "guben"
NOW = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
CONNECTORS = plugins("stadtkern.connectors", "connector", Connector)
SOURCES = tomllib.loads((TOWN / "sources.toml").read_text(encoding="utf-8"))["source"]


@pytest.fixture(scope="module", params=[False, True], ids=["day", "flood"])
def scenario(request: pytest.FixtureRequest) -> Scenario:
    """Return the day and the flood."""
    return Scenario(TOWN / "demo", started=NOW, flood=request.param)


@pytest.fixture(autouse=True)
def present(time_machine: TimeMachineFixture) -> None:
    """Let connectors ask for the days that are played."""
    time_machine.move_to(NOW, tick=False)


def options(source: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a source with the connector's defaults."""
    connector = CONNECTORS[source["connector"]]
    return {**{o.name: o.default for o in connector.options}, **source.get("options", {})}


def ask(scenario: Scenario, source: dict[str, Any]) -> list[Item]:
    """Return what the connector reads from the played answers."""
    connector, chosen = CONNECTORS[source["connector"]], options(source)
    if connector.transport != "http":
        topic = "application/town/device/{}/event/up"
        context = [Context(options=chosen, topic=topic.format(d.eui), received=NOW) for d in scenario.devices]
        bodies = [uplink(scenario, device, NOW) for device in scenario.devices]
        return [item for body, c in zip(bodies, context, strict=True) for item in connector.parse(body, c)]
    assert connector.requests
    found: list[Item] = []
    for request in connector.requests(chosen):
        body = played(scenario, request)
        context_ = Context(options=chosen, url=request.url, name=request.name, received=NOW)
        found += connector.parse(body, context_)
    return found


def played(scenario: Scenario, request: Request) -> bytes:
    """Return the played answer to a request."""
    parts = urlsplit(request.url)
    path = parts.netloc + parts.path
    for prefix, _kind, answer in ADDRESSES:
        if path.startswith(prefix):
            return answer(scenario, dict(parse_qsl(parts.query)), NOW)
    raise AssertionError(f"the demo does not play {request.url}")


@pytest.mark.parametrize("source", SOURCES, ids=[s["slug"] for s in SOURCES])
def test_each_source_of_the_town_is_played(scenario: Scenario, source: dict[str, Any]) -> None:
    """Every source gives readings, none is turned away, and every reading is near the present."""
    items = ask(scenario, source)
    readings = [i for i in items if isinstance(i, Reading)]
    assert readings
    raw = {id(item) for i in items if isinstance(i, RawUplink) for item in i.items}  # decoded by us
    assert not [i for i in items if isinstance(i, Rejected) and id(i) not in raw]
    measured = [r for r in readings if not r.is_forecast and r.observed_property != "electricity_price"]
    assert all(r.phenomenon_time <= NOW for r in measured)


def test_gauges_stand_on_the_map_with_their_alarm_levels(scenario: Scenario) -> None:
    """Guben 2 has a place and four alarm levels."""
    source = next(s for s in SOURCES if s["slug"] == "brandenburg-flood")
    items = ask(scenario, source)
    (guben,) = {(i.longitude, i.latitude) for i in items if isinstance(i, Station) and i.thing == "6602800"}
    assert guben[0] == pytest.approx(14.7166, abs=1e-3)
    levels = {i.name: i.value for i in items if isinstance(i, Threshold) and i.thing == "6602800"}
    assert levels["A1"] == 460
