"""Counters of the sources for Prometheus, out of their state: web and ingest are two processes."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from stadtkern.base.clock import now
from stadtkern.ingest.models import SourceState

COUNTERS = {
    "stadtkern_messages": ("messages_in", "Messages and answers that came in"),
    "stadtkern_readings_stored": ("readings_in", "Readings stored"),
    "stadtkern_readings_repeated": ("readings_repeated", "Readings that were there already"),
    "stadtkern_readings_rejected": ("readings_rejected", "Readings rejected"),
}


def collect() -> Iterator[Metric]:
    """Yield the counters of every source: one query."""
    found = list(SourceState.objects.select_related("source").order_by("source__slug"))
    for name, (column, text) in COUNTERS.items():
        counter = CounterMetricFamily(name, text, labels=["source"])
        for state in found:
            counter.add_metric([state.source.slug], getattr(state, column))
        yield counter
    lag = GaugeMetricFamily("stadtkern_source_lag_seconds", "Age of the newest reading", labels=["source"])
    failures = GaugeMetricFamily("stadtkern_source_failures", "Failures in a row", labels=["source"])
    for state in found:
        if state.newest_reading:
            lag.add_metric([state.source.slug], max(0.0, (now() - state.newest_reading).total_seconds()))
        failures.add_metric([state.source.slug], state.failures)
    yield lag
    yield failures
