"""Single tiles, embeds, kiosk and live update."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from stadtkern.dashboards import events
from stadtkern.dashboards.fixtures import NOON, MakeCockpit, Store
from stadtkern.dashboards.freshness import versions
from stadtkern.dashboards.models import CockpitPage

pytestmark = pytest.mark.usefixtures("noon")


def block_of(page: CockpitPage, number: int = 0) -> str:
    return str(page.tiles.raw_data[number]["id"])


def test_fragment_is_the_tile_alone(client: Client, store: Store, make_cockpit: MakeCockpit) -> None:
    page = make_cockpit(("value", {"datastream": store([212])}))
    html = client.get(f"/de/tiles/{page.pk}/{block_of(page)}/").content.decode()
    assert html.lstrip().startswith("<article")
    assert "212\u00a0cm" in html
    store([213], end=NOON + timedelta(minutes=1))
    assert "213\u00a0cm" in client.get(f"/de/tiles/{page.pk}/{block_of(page)}/").content.decode()


def test_embed_may_be_framed_and_sets_no_cookie(
    client: Client, store: Store, make_cockpit: MakeCockpit
) -> None:
    page = make_cockpit(("value", {"datastream": store([212])}))
    answer = client.get(f"/pl/embed/{page.pk}/{block_of(page)}/")
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert not answer.cookies
    assert '<html lang="pl"' in answer.content.decode()
    assert "sk-header" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/de/", "/de/kiosk/"])
def test_nothing_else_may_be_framed(client: Client, make_cockpit: MakeCockpit, path: str) -> None:
    make_cockpit(("text", {}))
    answer = client.get(path)
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["tiles/{}/x/", "tiles/{}/x/places.geojson", "embed/{}/x/", "kiosk/{}/"])
def test_number_of_no_cockpit_is_a_friendly_404(client: Client, path: str) -> None:
    for number in (12345, 10**30):
        answer = client.get(f"/de/{path.format(number)}", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert '<html lang="de"' in answer.content.decode()


def test_draft_is_not_shown_by_its_number(client: Client, make_cockpit: MakeCockpit) -> None:
    page = make_cockpit(("text", {}))
    page.unpublish()
    for kind in ("tiles", "embed"):
        assert client.get(f"/de/{kind}/{page.pk}/{block_of(page)}/").status_code == 404
    assert client.get(f"/de/kiosk/{page.pk}/").status_code == 404


def test_kiosk_shows_all_tiles_without_scripts(client: Client, make_cockpit: MakeCockpit) -> None:
    make_cockpit(("text", {"title": "Eins"}), ("section", {"heading": "Mehr"}), ("text", {"title": "Zwei"}))
    html = client.get("/de/kiosk/").content.decode()
    assert html.count("sk-kiosk__slide") == 2 + html.count("sk-kiosk__slides")
    assert html.index("Eins") < html.index("Zwei")


def test_changes_name_only_public_series(client: Client, store: Store, profile: Any) -> None:  # noqa: ANN401
    start = client.get("/changes?since=999999999").json()["version"]
    key = store([1])
    assert client.get(f"/changes?since={start}").json()["streams"] == [key]
    store([2], end=NOON + timedelta(minutes=1))
    profile.is_published = False
    profile.save()
    assert client.get(f"/changes?since={start}").json()["streams"] == []


@pytest.mark.parametrize("since", ["x", "-1", "1.5", "9" * 40, "²"])
def test_bad_version_is_refused(client: Client, db: None, since: str) -> None:
    assert client.get("/changes", {"since": since}).status_code == 422


def test_without_asgi_browsers_are_told_to_ask_instead(client: Client, db: None) -> None:
    assert client.get("/events").status_code == 204


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401
    """Run in a thread of its own, because a browser test may keep a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def next_change(stream: AsyncIterator[str]) -> dict[str, Any]:
    async for text in stream:
        if "event: change" in text:
            found: dict[str, Any] = json.loads(text.partition("data: ")[2])
            return found
    raise AssertionError("the stream ended")


@pytest.mark.django_db(transaction=True)
def test_one_look_at_the_database_tells_all_listeners(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_SECONDS", 0.05)
    hub = events.Hub()
    key = store([212])

    async def listen() -> list[dict[str, Any]]:
        streams = [hub.stream(), hub.stream()]
        first = [await next_change(stream) for stream in streams]
        assert [data["streams"] for data in first] == [[], []]
        await asyncio.to_thread(store, [213], end=NOON + timedelta(minutes=1))
        later = [await asyncio.wait_for(next_change(stream), 5) for stream in streams]
        for stream in streams:
            await stream.aclose()
        assert not hub.listeners
        return later

    assert [data["streams"] for data in in_a_loop(listen())] == [[key], [key]]


@pytest.mark.django_db(transaction=True)
def test_returning_listener_learns_what_it_missed(store: Store) -> None:
    hub = events.Hub()
    before = versions.update()
    key = store([212])

    async def listen() -> dict[str, Any]:
        stream = hub.stream(before)
        try:
            return await next_change(stream)
        finally:
            await stream.aclose()

    assert in_a_loop(listen())["streams"] == [key]


def test_listeners_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_LISTENERS", 1)
    hub = events.Hub()

    async def fill() -> bool:
        stream = hub.stream()
        await anext(stream)
        full = hub.is_full
        await stream.aclose()
        return full

    assert in_a_loop(fill())
    assert not hub.is_full


def test_preview_shows_the_draft_and_does_not_keep_it(store: Store, make_cockpit: MakeCockpit) -> None:
    page = make_cockpit(("value", {"datastream": store([212]), "title": "Alt"}))
    block = page.tiles.raw_data[0]
    page.tiles = [{**block, "value": {**block["value"], "title": "Entwurf"}}]  # type: ignore[assignment]  # the field takes plain data
    preview = page.make_preview_request()
    assert "Entwurf" in preview.content.decode()
    assert "Entwurf" not in Client().get("/de/").content.decode()


def test_page_appears_and_ends_on_time(client: Client, make_cockpit: MakeCockpit) -> None:
    home = make_cockpit(("text", {}))
    child = CockpitPage(title="Weihnachtsmarkt", slug="markt", locale=home.locale, live=False)
    child.go_live_at, child.expire_at = NOON + timedelta(days=1), NOON + timedelta(days=2)
    home.add_child(instance=child)
    child.save_revision().publish()
    assert client.get("/de/markt/").status_code == 404
    for days, status in ((1.5, 200), (2.5, 404)):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            call_command("publish_scheduled")
            assert client.get("/de/markt/").status_code == status
