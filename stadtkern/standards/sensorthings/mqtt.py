"""SensorThings over MQTT (OGC 18-088 section 14), as `ingest` finds it."""

from collections.abc import Collection, Iterable, Sequence

from stadtkern.contracts.messages import Arrival, News
from stadtkern.observations.access import Access, access_for_mqtt, seconds_to_wait
from stadtkern.people.refusals import note_refusal
from stadtkern.standards.sensorthings import mqtt_write, notify
from stadtkern.standards.sensorthings.mqtt_topics import BadTopic, read_target, read_topic
from stadtkern.standards.sensorthings.standard import VERSION


class SensorThingsMessages:
    """What clients may write and subscribe to below `v1.1/`."""

    root = VERSION

    def sign_in(self, username: str | None, password: str | None) -> Access | None:
        """Return what a client may do: the password is an API key or a token."""
        return access_for_mqtt(username, password)

    def who(self, access: Access) -> str:
        """Return who a client is, for logs and sessions; empty: a stranger."""
        return "" if access.principal == "anonymous" else access.principal

    def may_write(self, topic: str, access: Access) -> bool:
        """Return whether a client may write to a topic, as far as the topic alone tells."""
        target = read_target(topic)
        if target is None:
            return False
        if target.stream is not None:
            return access.may_write(target.stream)
        return access.writes_all or bool(access.writable)

    def seconds_to_wait(self, access: Access) -> int:
        """Count a message of a client; return for how many seconds no more are taken from it."""
        return seconds_to_wait(access)

    def refusal(self, topic: str, access: Access) -> str:
        """Return why a client may not subscribe to a topic; empty: it may."""
        try:
            found = read_topic(topic)
        except BadTopic as error:
            return str(error)
        if (found.steps[:-1] or not found.is_set) and (
            notify.resolve(found.steps if not found.is_set else found.steps[:-1], access) is None
        ):
            return "there is nothing, or nothing that it may see"
        return ""

    def store(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Store messages within the open transaction; return for each what is wrong with it."""
        lines = mqtt_write.store(arrivals)
        for arrival, line in zip(arrivals, lines, strict=True):
            if line == mqtt_write.NOT_ALLOWED:
                note_refusal(arrival.access.principal, door="mqtt", reason=line)
        return lines

    def publications(
        self, news: News, topics: Collection[str] | None, access: Access
    ) -> Iterable[tuple[str, bytes]]:
        """Return topic and body of what subscribers get to see of some news."""
        return notify.publications(news, topics, access)
