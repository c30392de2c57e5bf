"""What pages show of alerts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stadtkern.base import clock
from stadtkern.observations import warnings as levels
from stadtkern.observations.drawing import Sketch, sketch
from stadtkern.observations.queries import Level, Series, series
from stadtkern.warnings import texts
from stadtkern.warnings.models import Alert, Severity
from stadtkern.web.warning_banner import DANGER, SeriousWarning

POINTS = 300
AROUND = timedelta(hours=12)
"""Shown before the beginning and after the end of an alert."""
LONGEST = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAlert:
    """An alert as a list shows it."""

    alert: Alert
    title: str
    sentence: str
    severity: str
    state: str
    now: str = ""
    """The newest value, while it stands."""

    @property
    def kind(self) -> str:
        """The name of its sign and colour."""
        return "danger" if self.alert.severity >= DANGER else "warning" if self.is_grave else "info"

    @property
    def is_grave(self) -> bool:
        """Whether it is more than a note."""
        return self.alert.severity >= Severity.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPage:
    """One alert with the series behind it."""

    shown: ShownAlert
    advice: str
    peak: str
    series: Series | None
    levels: Sequence[Level]


def shown_alert(alert: Alert) -> ShownAlert:
    """Return an alert as a list shows it, in the active language."""
    return ShownAlert(
        alert=alert,
        title=texts.title_of(alert),
        sentence=texts.sentence(alert),
        severity=str(Severity(alert.severity).label),
        state=texts.state_word(alert),
        now=texts.newest_value(alert),
    )


def level_lines(standing: Collection[ShownAlert]) -> list[SeriousWarning]:
    """Return the alarm levels reached now of which no alert tells."""
    told = {shown.alert.datastream_id for shown in standing}
    return [levels.warning_of(one) for one in levels.reached_levels() if one.datastream_id not in told]


def alert_page(alert: Alert) -> AlertPage:
    """Return everything about one alert."""
    stream = alert.datastream
    drawn = None
    if stream is not None:
        start, end = span_of(alert.begun, alert.ended)
        drawn = series(stream, start, end, max_points=POINTS)
    is_limited = alert.limit is not None and alert.value is not None
    limit = [
        Level(name="", value=alert.limit or 0.0, severity=alert.severity, valid_from=None, valid_to=None)
    ]
    return AlertPage(
        shown=shown_alert(alert),
        advice=texts.advice_of(alert),
        peak=texts.value_text(stream, alert.peak) if stream is not None and alert.peak is not None else "",
        series=drawn if drawn is not None and drawn.count else None,
        levels=limit if is_limited else [],
    )


def span_of(begun: datetime, ended: datetime | None) -> tuple[datetime, datetime]:
    """Return what to draw of a series: the alert with some time around it, a month at most."""
    end = min((ended or clock.now()) + AROUND, max(clock.now(), begun + AROUND))
    start = max(begun - AROUND, end - LONGEST)
    return start, end


def alert_sketch(alert: Alert) -> Sketch | None:
    """Return a small drawing of the series around an alert, for the back office."""
    if alert.datastream is None:
        return None
    start, end = span_of(alert.begun, alert.ended)
    drawn = series(alert.datastream, start, end, max_points=POINTS)
    points = list(zip(drawn.times, drawn.values, strict=True))
    limit = alert.limit if alert.value is not None else None
    return sketch(points, start, end, limit=limit, spans=[(alert.begun, alert.ended or clock.now())])
