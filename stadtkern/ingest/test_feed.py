"""The feed: what one subscriber asks for does not hold up the others."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError

from stadtkern.contracts.messages import News
from stadtkern.ingest.feed import Feed
from stadtkern.ingest.fixtures import Everybodys
from stadtkern.ingest.models import NewsItem

pytestmark = pytest.mark.django_db(transaction=True)  # a connection within a transaction counts as old


class Picky(Everybodys):
    """An interface that cannot serve one topic."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def publications(
        self,
        news: News,
        topics: Collection[str] | None,
        access: object,  # noqa: ARG002  # the signature of the contract
    ) -> Iterable[tuple[str, bytes]]:
        """Publish the kind of all news on each topic."""
        for topic in topics or ():
            if topic == "open/broken":
                raise self.error
            yield topic, news.kind.encode()


def look(error: Exception) -> Any:  # noqa: ANN401  # as the feed gives it
    """Return what two subscribers get, of whom one asks for what cannot be served."""
    item = NewsItem.objects.create(kind="Thing", how="updated", content={"runs": [[1, 1]], "fields": []})
    feed = Feed({"open": Picky(error)}, ThreadPoolExecutor(1), list)
    wishes = [("open", None, frozenset({f"open/{name}"})) for name in ("fine", "broken")]
    position, found = feed.look(item.pk - 1, wishes)  # a gap before it would be waited for
    assert position == item.pk
    return [found[wish] for wish in wishes]


def test_one_who_cannot_be_served_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert look(ValueError("broken topic")) == [[("open/fine", b"Thing")], []]
    assert "a subscriber of open gets nothing" in caplog.text


def test_all_wait_while_the_database_is_away() -> None:
    with pytest.raises(OperationalError):
        look(OperationalError("away"))
