"""The feed: what one subscriber asks for does not hold up the others."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError

from stadtkern.contracts.messages import Arrival, News
from stadtkern.ingest.feed import Feed
from stadtkern.ingest.models import NewsItem

pytestmark = pytest.mark.django_db


class Picky:
    """An interface that cannot serve one topic."""

    root = "picky"

    def __init__(self, error: Exception) -> None:
        self.error = error

    def sign_in(self, username: str | None, password: str | None) -> object:
        """Let everybody in."""
        return (username, password)

    def who(self, access: object) -> str:
        """Return the name."""
        return str(access)

    def may_write(self, topic: str, access: object) -> bool:  # noqa: ARG002  # the signature of the contract
        """Let nobody write."""
        return False

    def seconds_to_wait(self, access: object) -> int:  # noqa: ARG002  # as above
        """Let nobody wait."""
        return 0

    def refusal(self, topic: str, access: object) -> str:  # noqa: ARG002  # as above
        """Refuse nothing."""
        return ""

    def store(self, arrivals: Sequence[Arrival]) -> Sequence[str]:
        """Store nothing."""
        return ["" for _one in arrivals]

    def publications(
        self,
        news: News,
        topics: Collection[str] | None,
        access: object,  # noqa: ARG002  # as above
    ) -> Iterable[tuple[str, bytes]]:
        """Publish the kind of all news on each topic."""
        for topic in topics or ():
            if topic == "picky/broken":
                raise self.error
            yield topic, news.kind.encode()


def look(error: Exception) -> Any:  # noqa: ANN401  # as the feed gives it
    """Return what two subscribers get, of whom one asks for what cannot be served."""
    NewsItem.objects.create(kind="Thing", how="updated", content={"runs": [[1, 1]], "fields": []})
    feed = Feed({"picky": Picky(error)}, ThreadPoolExecutor(1), list)
    wishes = [("picky", None, frozenset({f"picky/{name}"})) for name in ("fine", "broken")]
    position, found = feed.look(0, wishes)
    assert position == NewsItem.objects.get().pk
    return [found[wish] for wish in wishes]


def test_one_who_cannot_be_served_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert look(ValueError("broken topic")) == [[("picky/fine", b"Thing")], []]
    assert "a subscriber of picky gets nothing" in caplog.text


def test_all_wait_while_the_database_is_away() -> None:
    with pytest.raises(OperationalError):
        look(OperationalError("away"))
