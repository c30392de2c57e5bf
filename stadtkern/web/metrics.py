"""What `/metrics` tells: every app registers a function that yields its figures."""

from collections.abc import Callable, Iterable

from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.exposition import generate_latest

Collect = Callable[[], Iterable[Metric]]
_collectors: list[Collect] = []


def register(collect: Collect) -> None:
    """Add a function that is asked at every call of `/metrics`."""
    if collect not in _collectors:
        _collectors.append(collect)


class _All:
    """All registered functions as one collector of prometheus-client."""

    def collect(self) -> Iterable[Metric]:
        """Yield the figures of every app."""
        for collect in _collectors:
            yield from collect()


def render() -> bytes:
    """Return the figures of all apps in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All())
    return generate_latest(registry)
