"""What `stadtkern connectors` shows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stadtkern.base.errors import NotFound, StadtkernError
from stadtkern.contracts.connector import Connector, Item, Reading, Rejected, SourceError, Station, Threshold
from stadtkern.ingest import services
from stadtkern.ingest.registry import connector_of, connectors

MOST_ROWS = 40
FAILED = 1
UNKNOWN = 2


def list_connectors(console: Console | None = None) -> int:
    """Print every connector; return the exit status."""
    table = Table("name", "title", "publisher", "every", "licence", title="Connectors")
    for slug, connector in sorted(connectors().items()):
        every = "—" if connector.transport != "http" else str(connector.interval)
        table.add_row(
            slug, str(connector.title), connector.publisher, every, connector.licence or "per source"
        )
    (console or Console()).print(table)
    return 0


def try_connector(
    name: str,
    file: str | Path | None = None,
    options: Mapping[str, object] | None = None,
    console: Console | None = None,
) -> int:
    """Show what a connector finds in a file, or at the source itself; return the exit status."""
    out = console or Console()
    try:
        connector = connector_of(name)
    except NotFound as error:
        out.print(f"{error} There are: {', '.join(sorted(connectors()))}.", style="red", markup=False)
        return UNKNOWN
    given = dict(options or connector.sample_options)
    try:
        items, origin, more = _items(name, connector, given, Path(file) if file else None)
    except (SourceError, StadtkernError, OSError) as error:
        out.print(str(error), style="red", markup=False)
        return FAILED
    _print(out, items, origin, more)
    return (
        0 if any(isinstance(item, Reading | Station | Threshold) for item in items) or not items else FAILED
    )


def _items(
    name: str, connector: Connector, options: Mapping[str, object], file: Path | None
) -> tuple[list[Item], str, int]:
    if file is not None:
        # A recorded message of an MQTT or webhook source comes without its topic or address.
        return services.preview(name, options, file.read_bytes(), url=file.name), str(file), 0
    shown = services.try_settings(name, options)
    if shown.problem:
        raise SourceError(shown.problem)
    return list(shown.items), shown.origin or str(connector.title), shown.more


def _print(out: Console, items: list[Item], origin: str, more: int) -> None:
    kinds = Counter(type(item).__name__ for item in items)
    summary = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "nothing"
    out.print(f"{origin}: {summary}" + (f" and {more} more" if more else ""), markup=False, highlight=False)
    if readings := [item for item in items if isinstance(item, Reading)]:
        out.print(_readings(readings[:MOST_ROWS]))
    if len(readings) > MOST_ROWS:
        out.print(f"... and {len(readings) - MOST_ROWS} more readings")
    for item in [item for item in items if isinstance(item, Rejected)][:MOST_ROWS]:
        out.print(f"rejected: {item.where}: {item.reason}", style="yellow", markup=False)


def _readings(readings: Iterable[Reading]) -> Table:
    table = Table("thing", "property", "time", "result", "unit", "forecast")
    for reading in readings:
        table.add_row(
            reading.thing,
            reading.observed_property,
            reading.phenomenon_time.isoformat(),
            f"{reading.result:g}",
            reading.unit,
            "yes" if reading.is_forecast else "",
        )
    return table
