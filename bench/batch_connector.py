"""A connector for measuring: messages that carry readings as rows; and the process `ingest` with it."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime

from stadtkern.contracts.connector import Connector, Context, Item, Reading

TOPIC = "bench/#"


def parse(body: bytes, _context: Context) -> Iterator[Item]:
    """Yield the readings of a message: rows of thing, time in seconds, result."""
    for thing, seconds, result in json.loads(body):
        yield Reading(
            thing=thing,
            observed_property="air_temperature",
            phenomenon_time=datetime.fromtimestamp(seconds, UTC),
            result=result,
            unit="Cel",
        )


connector = Connector(
    title="Rows over MQTT",
    description="For measuring only.",
    publisher="",
    homepage="",
    licence="CC0-1.0",
    attribution="",
    parse=parse,
    transport="mqtt",
    topics=lambda _options: [TOPIC],
)


def serve() -> None:
    """Run `ingest` with this connector besides the installed ones."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    import django  # noqa: PLC0415  # after the settings are named

    django.setup()
    from stadtkern.ingest import process, registry  # noqa: PLC0415

    registry.connectors()["batch"] = connector
    process.serve()


if __name__ == "__main__":
    serve()
