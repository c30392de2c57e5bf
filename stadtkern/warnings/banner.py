"""What stands now becomes a warning on every page: alerts of public rules, and alarm levels reached."""

from collections.abc import Iterable

from django.urls import reverse

from stadtkern.observations import warnings as levels
from stadtkern.warnings import texts
from stadtkern.warnings.models import Alert, Severity
from stadtkern.web.warning_banner import SeriousWarning

MOST = 50


def standing_alerts() -> list[Alert]:
    """Return the public alerts that have not ended, the gravest first; one query."""
    return list(Alert.objects.public().standing().newest_first().order_by("-severity", "-raised")[:MOST])


def warnings() -> Iterable[SeriousWarning]:
    """Return a warning for each grave public alert, and for each alarm level that no alert tells of."""
    alerts = [alert for alert in standing_alerts() if alert.severity >= Severity.WARNING]
    told = {alert.datastream_id for alert in alerts}
    yield from (warning_of(alert) for alert in alerts)
    yield from (levels.warning_of(one) for one in levels.reached_levels() if one.datastream_id not in told)


def warning_of(alert: Alert) -> SeriousWarning:
    """Return the warning that an alert stands for."""
    sentence = texts.sentence(alert)
    return SeriousWarning(
        text=f"{texts.title_of(alert)}. {sentence}" if sentence else texts.title_of(alert),
        time=alert.begun,
        url=reverse("warning", args=[alert.pk]),
        severity=alert.severity,
    )
