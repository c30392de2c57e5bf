"""Pages of tables: rows, charts, map, columns, use elsewhere, embeds, pictures, saved views."""

import html
import json
import re
from xml.etree import ElementTree as ET

import pytest
from defusedxml.ElementTree import fromstring
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.catalogue.models import Dataset, Distribution, SavedView, Version
from stadtkern.catalogue.views.conftest import TREES, upload
from stadtkern.people.models import User

PAGE = "/en/data/trees/tables/register/"
VIEWS = ("table", "chart", "map", "columns", "use")


def page(client: Client, query: str = "", status: int = 200, path: str = PAGE) -> str:
    answer = client.get(path + query)
    assert answer.status_code == status, answer.content[:500]
    return html.unescape(answer.content.decode())


def alice() -> Client:
    """Return the browser of Alice, an editor."""
    user = User.objects.create_user(username="alice", email="alice@example.org", password="x")
    user.groups.add(Group.objects.get(name="editor"))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("language", ["de", "pl", "en", "dsb"])
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_in_every_language(client: Client, trees: Version, language: str, view: str) -> None:
    text = page(client, f"?_view={view}", path=PAGE.replace("/en/", f"/{language}/"))
    assert "rows.geojson" in text
    assert "Datenlizenz Deutschland" in text


def test_numbers_and_dates_are_written_as_the_language_does(client: Client, trees: Version) -> None:
    german, english = page(client, path=PAGE.replace("/en/", "/de/")), page(client)
    assert ">5,1<" in german
    assert "02.02.1991" in german
    assert ">5.1<" in english
    assert "02.02.1991" not in english


def test_rows_are_sorted_and_paged(client: Client, trees: Version) -> None:
    text = page(client, "?_sort_desc=hoehe_m&_size=25&_page=2")
    assert 'aria-sort="descending"' in text
    assert "Rows 26 to 50 of 120" in text
    assert "Page 2 of 5" in text
    assert "No row fits" in page(client, "?_page=99")


def test_a_condition_is_added_shown_and_taken_away(client: Client, trees: Version) -> None:
    answer = client.get(PAGE + "?_col=hoehe_m&_op=gte&_val=20,5&_sort=nr&_page=3")
    assert answer.status_code == 302
    assert answer["Location"] == PAGE + "?_sort=nr&hoehe_m__gte=20.5"
    text = page(client, "?_sort=nr&hoehe_m__gte=20.5")
    assert "Höhe (m) is at least 20.5" in text
    assert "of 120 rows fit" in text
    assert 'href="?_sort=nr"' in text
    assert "rows.csv?_sort=nr&hoehe_m__gte=20.5" in text


@pytest.mark.parametrize(
    "query", ["?_col=hoehe_m&_op=gte&_val=tall", "?_col=nr&_op=eq&_val=", "?_col=nr&_op=like&_val=1"]
)
def test_a_condition_that_cannot_be_read_is_said_at_its_field(
    client: Client, trees: Version, query: str
) -> None:
    text = page(client, query, 422)
    assert 'role="alert"' in text
    assert 'aria-invalid="true"' in text


@pytest.mark.parametrize("query", ["?what=1", "?hoehe_m__gte=tall", "?_columns=what", "?_bbox=a"])
def test_an_old_address_gets_a_clear_page(client: Client, trees: Version, query: str) -> None:
    page(client, query, 422)


def test_columns_can_be_chosen(client: Client, trees: Version) -> None:
    head = re.search(r"<thead>.*?</thead>", page(client, "?_columns=nr&_columns=baumart"), re.DOTALL)
    assert head is not None
    assert "Baumart" in head[0]
    assert "Pflanzdatum" not in head[0]


def test_the_default_chart_follows_from_the_columns(client: Client, trees: Version) -> None:
    text = page(client, "?_view=chart")
    assert "Höhe (m), mean by Pflanzdatum" in text
    assert "smallest" in text
    assert 'class="sk-stroke' in text


@pytest.mark.parametrize(
    ("query", "sign", "words"),
    [
        ("_chart=bar&_x=baumart", "sk-share", "Number of rows by Baumart"),
        ("_chart=bar&_x=baumart&_y=hoehe_m&_how=max", "sk-share", "largest"),
        ("_chart=line&_x=pflanzdatum&_by=baumart&_bucket=year", "sk-legend", "Eiche"),
        ("_chart=scatter&_x=laengengrad&_y=breitengrad", "sk-point", "mostly larger too (correlation 1.00)"),
        ("_chart=histogram&_x=hoehe_m", "sk-bar", "Values from 4 to 23.9"),
        ("_chart=histogram&_x=hoehe_m&baumart=Linde", "sk-bar", "Distribution"),
        ("_chart=scatter&_x=baumart", "sk-share", "Number of rows by Baumart"),
        ("_chart=line&_x=nothing&_y=%00&_how=%27", "sk-stroke", "by Pflanzdatum"),
        ("_chart=bar&_x=baumart&nr=nothing", "no values to draw", ""),
    ],
)
def test_charts_are_chosen_by_address(
    client: Client, trees: Version, query: str, sign: str, words: str
) -> None:
    text = page(client, f"?_view=chart&{query}")
    assert sign in text
    assert words in text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?_chart=bar&_x=baumart",
        "?_chart=scatter&_x=laengengrad&_y=breitengrad",
        "?_chart=line&_x=pflanzdatum&_by=baumart",
    ],
)
def test_a_picture_stands_alone(client: Client, trees: Version, query: str) -> None:
    answer = client.get(f"{PAGE}chart.svg{query}")
    assert answer["Content-Type"] == "image/svg+xml"
    root: ET.Element = fromstring(answer.content)
    text = " ".join(root.itertext())
    assert "Trees of the town" in text
    assert "Datenlizenz Deutschland" in text
    assert "style=" not in answer.content.decode()
    assert client.get(f"{PAGE}chart.png").status_code == 404


def test_the_map_is_a_list_too(client: Client, trees: Version) -> None:
    text = page(client, "?_view=map&baumart=Linde")
    assert text.count('class="sk-place"') == 25
    found = json.loads(client.get(f"{PAGE}places.geojson?baumart=Linde").content)
    assert len(found["features"]) == 60


def test_a_table_without_places_has_no_map(client: Client, dataset: Dataset) -> None:
    upload(Distribution.objects.create(dataset=dataset, slug="register"), "Jahr;Anzahl\n2020;5\n2021;7\n")
    text = page(client, "?_view=map")
    assert '<a href="?_view=map"' not in text
    assert '<a href="?_view=chart"' in text
    assert "2021" in text
    assert client.get(f"{PAGE}places.geojson").json()["features"] == []


def test_columns_are_told_in_words(client: Client, trees: Version) -> None:
    text = page(client, "?_view=columns")
    assert "From 4 m to 23.9 m, on average 13.95 m." in text.replace("\u00a0", " ")
    assert "2 different values, never empty." in text
    assert 'href="?baumart=Linde"' in text


def test_lines_to_copy_hold_the_real_address(client: Client, trees: Version) -> None:
    text = page(client, "?_view=use&baumart=Linde")
    for word in ("pd.read_csv(", "requests.get", "read.csv(", "await fetch(", "Csv.Document", "curl -o"):
        assert word in text
    assert text.count("/api/v1/datasets/trees/tables/register/rows.csv?baumart=Linde") >= 4


def test_others_may_frame_what_is_open_and_nothing_else(
    client: Client, trees: Version, closed: Dataset
) -> None:
    for view in ("table", "chart", "map"):
        answer = client.get(f"{PAGE}embed/?_view={view}")
        assert answer.status_code == 200
        assert "frame-ancestors *" in answer["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer
        assert "<form" not in answer.content.decode()
    assert "frame-ancestors *" not in client.get(PAGE)["Content-Security-Policy"]
    upload(Distribution.objects.create(dataset=closed, slug="values"), TREES)
    assert client.get("/en/data/meters/tables/values/embed/").status_code == 403
    assert client.get("/en/data/meters/tables/values/").status_code == 403


def test_editors_keep_views_for_everybody(client: Client, trees: Version) -> None:
    kept = {"title": "Tall <limes>", "query": "?_view=chart&baumart=Linde"}
    assert client.post(f"{PAGE}views/", kept).status_code == 302
    assert not SavedView.objects.exists()
    editor = alice()
    answer = editor.post(f"{PAGE}views/", kept)
    assert answer["Location"] == f"{PAGE}?_view=chart&baumart=Linde#views"
    assert "Tall <limes>" in page(client)
    assert "Tall &lt;limes&gt;" in client.get(PAGE).content.decode()
    assert editor.post(f"{PAGE}views/", {"title": "", "query": "x"}).status_code == 422
    editor.post(f"{PAGE}views/", {"remove": str(SavedView.objects.get().pk)})
    assert not SavedView.objects.exists()


def test_what_stands_in_a_table_is_never_taken_for_html(client: Client, dataset: Dataset) -> None:
    text = "Name;Link;Anzahl\n<script>alert(1)</script>;javascript:alert(1);5\n<b>b</b>;https://example.org/?a=1&b=2;6\n"
    upload(Distribution.objects.create(dataset=dataset, slug="register"), text)
    for view in VIEWS:
        raw = client.get(f"{PAGE}?_view={view}").content.decode()
        assert "<script>alert" not in raw
        assert 'href="javascript' not in raw


@pytest.mark.parametrize("view", VIEWS)
def test_queries_to_the_database_are_few(
    client: Client, trees: Version, view: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(PAGE)
    with django_assert_max_num_queries(7):
        client.get(f"{PAGE}?_view={view}")
