"""Pages, CSV and JSON of series."""

import asyncio
import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.gis.geos import Point
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.test import AsyncRequestFactory, Client
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.contracts.connector import Item, Reading, Station, Threshold
from stadtkern.governance.models import DataProfile
from stadtkern.observations import views
from stadtkern.observations.models import Datastream, Location, Thing
from stadtkern.observations.services import record
from stadtkern.people.models import Organisation, User

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def stream(db: None) -> Datastream:
    """Return a public datastream with a day of values."""
    owner = Organisation.objects.create(slug="town", name={"en": "Town"})
    profile = DataProfile.objects.create(
        slug="water",
        title={"en": "Water levels"},
        purpose={"en": "Flood protection"},
        legal_basis={"en": "Water act"},
        owner=owner,
        licence="dl-de/zero-2-0",
        is_published=True,
    )
    readings = [
        Reading(
            thing="gubin",
            observed_property=slug,
            unit=unit,
            phenomenon_time=NOON - timedelta(minutes=15 * back),
            result=200.5 + back,
        )
        for slug, unit in (("water_level", "cm"), ("discharge", "m3/s"))
        for back in range(96)
    ]
    level = Threshold(
        thing="gubin", observed_property="water_level", name="A1", value=200, unit="cm", severity=1
    )
    items: list[Item] = [Station(thing="gubin", name="Gubin <Neisse>"), level, *readings]
    record(items, source="imgw", profile=profile, received=NOON)
    return Datastream.objects.get(key="imgw:gubin:water_level")


def member(role: str) -> Client:
    """Return the browser of Bob, who has a role."""
    bob = User.objects.create_user(username="bob", email="bob@example.org", password="x")
    bob.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(bob, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("language", ["de", "pl", "en", "dsb"])
def test_the_page_begins_with_a_sentence(client: Client, stream: Datastream, language: str) -> None:
    answer = client.get(f"/{language}/sensors/streams/{stream.pk}/")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Gubin &lt;Neisse&gt;" in text
    if language == "en":
        assert "falling" in text
        assert "“A1” is reached." in text
    assert f"/{language}/sensors/streams/{stream.pk}/data.csv" in text


def test_pages_ask_a_constant_number_of_times(
    client: Client, stream: Datastream, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/en/sensors/streams/")  # compiles the rights
    with django_assert_num_queries(
        11
    ):  # rights, stream, newest, levels, trend 2, usual, series 2, siblings, archive
        client.get(f"/en/sensors/streams/{stream.pk}/")
    with django_assert_num_queries(4):  # rights, count, rows, properties
        client.get("/en/sensors/streams/")


def test_the_list_is_filtered(client: Client, stream: Datastream) -> None:
    assert (
        client.get("/en/sensors/streams/?q=gubin&property=discharge").content.count(b'<th scope="row">') == 1
    )
    assert "Nothing fits" in client.get("/en/sensors/streams/?q=%00%27%25;--").content.decode()


def test_nobody_sees_what_is_not_public_but_the_staff_does(client: Client, stream: Datastream) -> None:
    Datastream.objects.update(profile=None)
    for address in ("", "data.csv", "series.json"):
        assert client.get(f"/en/sensors/streams/{stream.pk}/{address}").status_code == 404
    assert member("citizen").get(f"/en/sensors/streams/{stream.pk}/").status_code == 404
    User.objects.all().delete()
    assert member("editor").get(f"/en/sensors/streams/{stream.pk}/").status_code == 200


def test_csv_is_written_as_the_language_reads_it(client: Client, stream: Datastream) -> None:
    english = b"".join(client.get(f"/en/sensors/streams/{stream.pk}/data.csv")).decode().splitlines()
    assert len(english) == 97
    assert english[-1] == "2026-11-23 13:00:00+01:00,200.5,cm,good,"
    german = b"".join(client.get(f"/de/sensors/streams/{stream.pk}/data.csv")).decode().splitlines()
    assert german[0].startswith("\ufeff")
    assert german[-1].startswith("2026-11-23 13:00:00+01:00;200,5;cm;")


def test_csv_of_a_range_has_only_that(client: Client, stream: Datastream) -> None:
    address = (
        f"/en/sensors/streams/{stream.pk}/data.csv?from=2026-11-23T12:00:00%2B01:00&to=2026-11-23T13:00:00"
    )
    assert len(b"".join(client.get(address)).decode().splitlines()) == 5
    address = f"/en/sensors/streams/{stream.pk}/data.csv?from=2026-11-23&to=2026-11-23"
    assert len(b"".join(client.get(address)).decode().splitlines()) == 1 + 53


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-13-45",
        "to=0001-01-01",
        "from=2026-02-02&to=2026-01-01",
        "points=9e9",
        "range=2h",
    ],
)
def test_a_wrong_range_is_told(client: Client, stream: Datastream, query: str) -> None:
    answer = client.get(f"/en/sensors/streams/{stream.pk}/series.json?{query}")
    assert answer.status_code == 422


def test_series_for_the_chart(client: Client, stream: Datastream) -> None:
    body = json.loads(client.get(f"/en/sensors/streams/{stream.pk}/series.json?points=20").content)
    assert body["unit"] == "cm"
    assert body["count"] == 96
    assert len(body["times"]) == len(body["series"][0]["values"]) == 20
    assert body["times"][-1] == NOON.timestamp()
    for length in ("24h", "7d", "30d", "1y"):
        body = json.loads(client.get(f"/en/sensors/streams/{stream.pk}/series.json?range={length}").content)
        assert body["count"] == 96


@pytest.mark.django_db(transaction=True)
def test_csv_is_streamed_under_asgi(stream: Datastream) -> None:
    request = AsyncRequestFactory().get("/")
    assert isinstance(request, ASGIRequest)

    request.user = AnonymousUser()

    async def whole() -> bytes:
        answer = await sync_to_async(views.data_csv)(request, stream.pk)
        text = b"".join([piece async for piece in answer])
        await sync_to_async(connections.close_all)()
        return text

    assert len(asyncio.run(whole()).splitlines()) == 97


def test_every_address_on_the_page_for_programs_answers(client: Client, stream: Datastream) -> None:
    place = Point(14.72, 51.95, srid=4326)
    Thing.objects.update(location=place)
    stream.thing.locations.add(Location.objects.create(name="Gubin", description="Bridge", geometry=place))
    text = html.unescape(client.get("/en/sensors/interface/").content.decode())
    found = re.findall(r'href="' + re.escape(settings.PUBLIC_URL) + r'(/sta/[^"]+)"', text)
    assert len(found) == 7
    for address in found:
        answer = client.get(address)
        assert answer.status_code == 200, address
        body = b"".join(answer) if answer.streaming else answer.content
        assert len(body) > 20
    assert f"v1.1/Datastreams({stream.pk})/Observations" in text


def test_page_for_programs_shows_nothing_that_is_not_public(client: Client, stream: Datastream) -> None:
    Datastream.objects.update(profile=None)
    assert f"Datastreams({stream.pk})" not in client.get("/en/sensors/interface/").content.decode()
