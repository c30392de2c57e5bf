"""The demo's values are plausible, repeatable, and follow the real flood figures."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stadtkern.config.demo.scenario import FLOOD_ANCHOR_HOURS, Scenario
from stadtkern.config.paths import TOWNS

FOLDER: Path = TOWNS / "guben" / "demo"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
GUBEN = "6602800"


def at_guben(scenario: Scenario, hours_after_seven: float) -> float:
    """Return the level at Guben so many hours after 30 September 2010, 7:00, of the played flood."""
    gauge = next(g for g in scenario.gauges if g.key == GUBEN)
    return scenario.level(gauge, START + timedelta(hours=hours_after_seven - FLOOD_ANCHOR_HOURS))


@pytest.mark.parametrize(("hours", "level"), [(-17, 441), (0, 597), (6, 619), (11, 612), (25, 563)])
def test_flood_follows_the_readings_of_2010(hours: float, level: float) -> None:
    """Within the sway of a normal day the level is the one that was read then."""
    assert at_guben(Scenario(FOLDER, started=START, flood=True), hours) == pytest.approx(level, abs=45)


def test_upstream_gauge_rises_first() -> None:
    """Klein Bademeusel lies above Guben."""
    scenario = Scenario(FOLDER, started=START, flood=True)
    upstream = next(g for g in scenario.gauges if g.name == "Klein Bademeusel")
    rising = START + timedelta(hours=-20 - FLOOD_ANCHOR_HOURS)
    assert scenario.flood_rise(rising, upstream.lag_hours) > scenario.flood_rise(rising, 0)


def test_two_runs_agree() -> None:
    """History and present come from one curve."""
    first, second = (Scenario(FOLDER, started=START) for _ in range(2))
    assert [first.level(g, START) for g in first.gauges] == [second.level(g, START) for g in second.gauges]


def test_a_year_is_plausible() -> None:
    """No impossible weather, level or price at any hour of a year."""
    scenario = Scenario(FOLDER, started=START)
    for hour in range(0, 8760, 13):
        time = START + timedelta(hours=hour)
        assert -25 < scenario.temperature(time) < 42
        assert 0 <= scenario.humidity(time) <= 100
        assert 0 <= scenario.rain(time) < 30
        assert all(0 < scenario.level(g, time) < 400 for g in scenario.gauges)
        assert -200 < scenario.price(time) < 400
