"""The cockpit page: tiles, their failures, their cost, their freshness."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Locale
from wagtail_localize.segments import StringSegmentValue
from wagtail_localize.segments.extract import extract_segments

from stadtkern.base.plugins import PluginError
from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards import registry
from stadtkern.dashboards.choosers import DatastreamKeyBlock
from stadtkern.dashboards.fixtures import NOON, MakeCockpit, Store
from stadtkern.dashboards.models import CockpitPage
from stadtkern.governance.models import DataProfile

pytestmark = pytest.mark.usefixtures("noon")

COLD_QUERIES, WARM_QUERIES = 30, 12


def broken(config: Mapping[str, Any]) -> dict[str, Any]:
    raise RuntimeError(f"no such sensor: {config['title']}")


@pytest.fixture
def broken_tile(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Add a kind of tile that always fails."""
    known = dict(registry.tiles())
    failing = Tile(title="Broken", description="Fails.", template="tiles/text/tile.html", context=broken)
    for module in ("registry", "rendering", "services", "blocks"):
        monkeypatch.setattr(f"stadtkern.dashboards.{module}.tiles", lambda: {**known, "broken": failing})
    field = CockpitPage.tiles.field
    monkeypatch.delitem(field.__dict__, "stream_block", raising=False)
    yield "broken"
    field.__dict__.pop("stream_block", None)


def test_page_shows_greeting_date_and_tiles(client: Client, store: Store, make_cockpit: MakeCockpit) -> None:
    page = make_cockpit(
        ("river_level", {"gauge": store([212]), "title": "Neiße", "span": "2"}), greeting="Guten Tag"
    )
    answer = client.get("/de/")
    html = answer.content.decode()
    assert "<h1>Guten Tag</h1>" in html
    assert "23. November 2026" in html
    assert "sk-tiles__cell--2" in html
    assert "212\u00a0cm" in html
    assert f"/de/tiles/{page.pk}/" in html
    assert not answer.cookies


def test_a_failing_tile_leaves_the_page_whole(
    client: Client,
    store: Store,
    make_cockpit: MakeCockpit,
    broken_tile: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_cockpit((broken_tile, {"title": "Kaputt"}), ("text", {"text": "<p>Bleibt da</p>"}))
    html = client.get("/de/").content.decode()
    assert "This tile cannot be shown" in html or "Kachel" in html
    assert "Kaputt" in html
    assert "Bleibt da" in html
    assert "no such sensor" not in html
    assert "no such sensor" in caplog.text


def test_queries_do_not_grow_with_tiles(client: Client, store: Store, make_cockpit: MakeCockpit) -> None:
    keys = [store([200 + n, 201 + n], thing=f"g{n}", name=f"Gauge {n}") for n in range(12)]
    counts = []
    for number in (3, 12):
        make_cockpit(*(("table", {"datastreams": [key]}) for key in keys[:number]))
        for limit in (COLD_QUERIES, WARM_QUERIES):
            with CaptureQueriesContext(connection) as captured:
                assert client.get("/de/").status_code == 200
            assert len(captured) <= limit, [query["sql"][:150] for query in captured]
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_new_reading_changes_the_tile_at_once(
    client: Client, store: Store, make_cockpit: MakeCockpit
) -> None:
    key = store([212])
    make_cockpit(("value", {"datastream": key}))
    assert "212\u00a0cm" in client.get("/de/").content.decode()
    store([444], end=NOON + timedelta(minutes=1))
    assert "444\u00a0cm" in client.get("/de/").content.decode()


def test_reading_of_another_series_draws_nothing_anew(
    client: Client, store: Store, make_cockpit: MakeCockpit
) -> None:
    make_cockpit(("value", {"datastream": store([212])}))
    client.get("/de/")
    other = store([7], thing="other")
    with CaptureQueriesContext(connection) as captured:
        client.get("/de/")
    assert not [query for query in captured if "observations_observation" in query["sql"]], other


def test_ages_are_written_anew_every_minute(client: Client, store: Store, make_cockpit: MakeCockpit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        make_cockpit(("value", {"datastream": store([212], end=NOON - timedelta(minutes=3))}))
        before = client.get("/de/").content.decode()
        clock.shift(timedelta(minutes=20))
        assert client.get("/de/").content.decode() != before


def test_unpublished_series_is_not_shown(
    client: Client, store: Store, make_cockpit: MakeCockpit, profile: DataProfile
) -> None:
    key = store([666])
    profile.is_published = False
    profile.save()
    make_cockpit(
        ("value", {"datastream": key}), ("river_level", {"gauge": key}), ("table", {"datastreams": [key]})
    )
    html = client.get("/de/").content.decode()
    assert "666\u00a0cm" not in html


def test_titles_are_escaped(client: Client, make_cockpit: MakeCockpit) -> None:
    make_cockpit(("text", {"title": "<script>alert(1)</script>"}), ("section", {"heading": "<b>x</b>"}))
    html = client.get("/de/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;b&gt;x" in html


def test_sections_give_headings(client: Client, make_cockpit: MakeCockpit) -> None:
    make_cockpit(("text", {}), ("section", {"heading": "Fluss"}), ("text", {"title": "Pegel"}))
    html = client.get("/de/").content.decode()
    assert html.index("Fluss</h2>") < html.index("Pegel</h3>")


def test_each_language_has_its_own_page(client: Client, store: Store, make_cockpit: MakeCockpit) -> None:
    page = make_cockpit(
        ("value", {"datastream": store([4.25], prop="air_temperature", unit="Cel"), "title": "Luft"})
    )
    polish = page.copy_for_translation(Locale.objects.get_or_create(language_code="pl")[0])
    polish.greeting = "Dzień dobry"
    polish.save_revision().publish()
    assert "<h1>Dzień dobry</h1>" in client.get("/pl/").content.decode()
    assert "<h1>Guten Tag</h1>" in client.get("/de/").content.decode()
    assert 'lang="pl"' in client.get("/pl/").content.decode()


def test_a_tile_may_not_take_a_common_name(monkeypatch: pytest.MonkeyPatch) -> None:
    greedy = Tile(
        title="x",
        description="x",
        template="x",
        context=broken,
        options=(Option(name="span", kind="text", label="x"),),
    )
    monkeypatch.setattr("stadtkern.dashboards.registry.plugins", lambda *_args: {"greedy": greedy})
    with pytest.raises(PluginError, match="span"):
        registry.tiles.__wrapped__()


@pytest.mark.parametrize(
    "path", ["/de/tiles/999999/x/", "/de/embed/999999/x/", "/de/kiosk/999999/", "/de/nirgendwo/"]
)
def test_unknown_page_or_tile_is_a_friendly_404(client: Client, make_cockpit: MakeCockpit, path: str) -> None:
    make_cockpit()
    answer = client.get(path)
    assert answer.status_code == 404
    assert "sk-header" in answer.content.decode()


def test_texts_of_tiles_can_be_translated(store: Store, make_cockpit: MakeCockpit) -> None:
    key = store([212])
    links = {"links": [{"text": "Pegelportal", "address": "https://pegel.example"}]}
    page = make_cockpit(
        ("river_level", {"gauge": key, "river": "Die Neiße", "explanation": "Höhe des Wassers"}),
        ("links", links),
        ("text", {}),
        ("table", {"datastreams": [key]}),
    )
    segments = [one for one in extract_segments(page) if isinstance(one, StringSegmentValue)]
    strings = {segment.string.data for segment in segments}
    assert {"Die Neiße", "Höhe des Wassers"} <= strings
    assert key not in strings


def test_chosen_series_stays_chosen_when_the_page_is_edited_again(store: Store) -> None:
    key = store([212])
    state = DatastreamKeyBlock().get_form_state(key)
    assert state is not None
    assert (state["id"], state["title"]) == (key, "Water level, Guben 2")
    assert DatastreamKeyBlock().get_form_state("gone:1:x") == {
        "id": "gone:1:x",
        "edit_url": None,
        "title": "gone:1:x",
    }
    assert DatastreamKeyBlock().get_form_state(None) is None
