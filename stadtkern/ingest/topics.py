"""Which source wants the messages of a topic."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

MOST_REMEMBERED = 20_000


def matches(topic: str, topic_filter: str) -> bool:
    """Return whether a topic falls under an MQTT topic filter (MQTT 3.1.1, 4.7)."""
    if topic.startswith("$") != topic_filter.startswith("$"):
        return False
    levels = topic.split("/")
    wanted = topic_filter.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(levels) or level not in ("+", levels[position]):
            return False
    return len(levels) == len(wanted)


def is_filter(text: str) -> bool:
    """Return whether a text is a valid topic filter."""
    levels = text.split("/")
    return (
        bool(text)
        and "\0" not in text
        and all(
            ("#" not in level or (level == "#" and position == len(levels) - 1))
            and ("+" not in level or level == "+")
            for position, level in enumerate(levels)
        )
    )


@dataclass(slots=True)
class TopicIndex:
    """Topic filters by source, with a memory for the topics seen."""

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Topic filters under which the sender of a source, such as a network server, waits for orders."""
    _seen: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def sources(self, topic: str) -> tuple[str, ...]:
        """Return the slugs of the sources that read `topic`."""
        if (found := self._seen.get(topic)) is None:
            found = tuple(
                slug for slug, filters in self.filters.items() if any(matches(topic, one) for one in filters)
            )
            if len(self._seen) >= MOST_REMEMBERED:
                self._seen.clear()
            self._seen[topic] = found
        return found

    def all_filters(self) -> set[str]:
        """Return every filter of every source."""
        return {one for filters in self.filters.values() for one in filters}

    def replace(self, filters: Mapping[str, Iterable[str]]) -> bool:
        """Take over new filters; return whether something changed."""
        new = {slug: tuple(ones) for slug, ones in filters.items()}
        if new == self.filters:
            return False
        self.filters = new
        self._seen.clear()
        return True
