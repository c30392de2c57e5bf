"""Days before the demo began, brought in by the same connectors as live readings."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from stadtkern.base.clock import now
from stadtkern.config.demo import formats
from stadtkern.config.demo.scenario import Scenario
from stadtkern.contracts.connector import Context
from stadtkern.ingest.models import Source
from stadtkern.ingest.services import receive

logger = logging.getLogger(__name__)
Body = tuple[str, bytes, str, str]
"""Slug of the source, body, name of the request, topic."""


def http_bodies(scenario: Scenario, time: datetime, *, days: float) -> Iterable[Body]:
    """Yield answers that hold `days` days of readings."""
    query = {"history": str(days)}
    start = f"{time - timedelta(days=days):%Y-%m-%d}"
    yield "brandenburg-flood", formats.brandenburg(scenario, query, time), "", ""
    yield "imgw-hydro", formats.imgw_hydro(scenario, {**query, "every": "30"}, time), "", ""
    ahead = f"{time + timedelta(days=4):%Y-%m-%d}"
    yield "brightsky", formats.brightsky(scenario, {"date": start, "last_date": ahead}, time), "", ""
    yield "uba-air", formats.uba_stations(scenario, {}, time), "stations", ""
    for component in formats.UBA_COMPONENTS:
        asked = {"component": component, "date_from": start}
        yield "uba-air", formats.uba_measures(scenario, asked, time), "measures", ""
    yield "energy-charts", formats.energy_price(scenario, query, time), "price", ""
    yield "sensor-community", formats.sensor_community(scenario, {**query, "every": "30"}, time), "", ""
    yield "charging-register", formats.charging_register(scenario, {}, time), "", ""


def older_levels(scenario: Scenario, time: datetime, *, years: int) -> Iterable[Body]:
    """Yield one level a day of past years, so that "usual for the month" has something to compare with."""
    calm = Scenario.__new__(Scenario)
    calm.__dict__.update(scenario.__dict__, flood=False)
    query = {"history": str(365 * years), "every": str(24 * 60)}
    yield "brandenburg-flood", formats.brandenburg(calm, query, time - timedelta(days=3)), "", ""
    yield "imgw-hydro", formats.imgw_hydro(calm, query, time - timedelta(days=3)), "", ""


def device_bodies(scenario: Scenario, time: datetime, *, hours: int) -> Iterable[Body]:
    """Yield where each device is, and one uplink an hour of it."""
    for device in scenario.devices:
        topic = f"application/town/device/{device.eui}/event"
        yield "town-sensors", formats.device_place(device, time), "", f"{topic}/location"
        for hour in range(hours, 0, -1):
            count = formats.minutes(time) - hour
            body = formats.uplink(scenario, device, time - timedelta(hours=hour), count=count)
            yield "town-sensors", body, "", f"{topic}/up"


def bring_in(bodies: Iterable[Body]) -> int:
    """Receive the bodies whose source is set up; return how many there were."""
    sources = {source.slug: source for source in Source.objects.select_related("profile")}
    count = 0
    for slug, body, name, topic in bodies:
        if source := sources.get(slug):
            receive(source, body, Context(options=source.options, name=name, topic=topic, received=now()))
            count += 1
    return count
