"""Contract of a dashboard tile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from stadtkern.contracts.option import Label, Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A box on a dashboard: what an editor may set, how its values are found, how it is drawn.

    `context(config)` returns what `template` needs. It asks the database a constant number of times,
    `queries` at most, and answers also when there are no data. Every template extends `dashboards/tile.html`
    and fills its blocks, so that title, sentence, value, chart, time, source, licence and data link stand in
    the same place.
    Names in the returned dict that `dashboards/tile.html` itself shows:
    `sentence` (what it means), `detail_url`, `time` (aware datetime of the newest value), `sources` (list of
    `{"name", "url", "licence"}`), `data_url`, `state` ("" | "info" | "success" | "warning" | "danger"),
    `stale` (bool).
    """

    title: Label
    description: Label
    """One sentence for editors."""
    template: str
    context: Callable[[Mapping[str, Any]], dict[str, Any]]
    options: Sequence[Option] = ()
    queries: int = 10
    spans: Sequence[int] = (1, 2, 3)
    """Columns of the cockpit grid the tile can fill; the first is the default."""
    refresh: timedelta = timedelta(minutes=5)
    """How often the tile is drawn again even if no reading came in."""
    sample_config: Mapping[str, Any] | None = None
    """Settings for the contract test; None: the defaults of `options`."""
