"""What is not public does not exist for strangers: in no document, filter, count, order or statistic."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from stadtkern.observations.models import Datastream
from stadtkern.people.models import User
from stadtkern.standards.sensorthings.conftest import Ask, Town

pytestmark = pytest.mark.django_db


def text_of(found: Any) -> str:  # noqa: ANN401  # JSON
    return str(found).lower()


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("Things", {}),
        ("Things", {"expand": "Datastreams/Observations,Locations,HistoricalLocations"}),
        ("Locations", {"expand": "Things"}),
        ("HistoricalLocations", {"expand": "Thing,Locations"}),
        ("Datastreams", {"expand": "Thing,Observations"}),
        ("Sensors", {"expand": "Datastreams"}),
        ("ObservedProperties", {"expand": "Datastreams/Thing"}),
        ("FeaturesOfInterest", {"expand": "Observations/Datastream"}),
        ("Observations", {"top": 1000, "expand": "Datastream/Thing"}),
        ("Things", {"filter": "Datastreams/name eq 'Secret' or Datastreams/Observations/result eq 7 and false"}),
        ("Things", {"filter": "contains(name,'cellar')"}),
        ("Sensors", {"filter": "Datastreams/Thing/name eq 'Secret cellar'"}),
        ("Observations", {"filter": "Datastream/Thing/name eq 'Secret cellar'", "expand": "Datastream"}),
        ("Things", {"resultFormat": "CSV"}),
        ("Locations", {"resultFormat": "GeoJSON"}),
    ],
)  # fmt: skip
def test_no_answer_holds_the_secret(town: Town, ask: Ask, path: str, options: dict[str, Any]) -> None:
    assert "secret" not in text_of(ask(path, **options))


@pytest.mark.parametrize(
    "expression",
    [
        "Datastreams/any(d:d/name eq 'Secret')",
        "Datastreams/name eq 'Secret'",
        "Datastreams/Thing/name eq 'Secret cellar'",
        "Datastreams/Observations/any(o:o/result eq 16)",
        "Datastreams/all(d:d/name ne 'Secret') eq false",
    ],
)
def test_filters_cannot_feel_the_secret(town: Town, ask: Ask, expression: str) -> None:
    """The sensor and the observed property are shared with the secret stream."""
    for path in ("Sensors", "ObservedProperties"):
        assert ask(path, filter=expression, count="true") == {"@iot.count": 0, "value": []}


def test_counts_leave_the_secret_out(town: Town, ask: Ask) -> None:
    for path, count in (("Things", 2), ("Locations", 2), ("HistoricalLocations", 4), ("Datastreams", 3)):
        assert ask(path, count="true", top=0)["@iot.count"] == count
    assert ask("Observations", count="true", top=0)["@iot.count"] == 23
    (one,) = ask("Sensors", expand="Datastreams($count=true)")["value"]
    assert one["Datastreams@iot.count"] == 3


def test_addresses_of_the_secret_are_empty(town: Town, ask: Ask) -> None:
    number = town.secret.observations.first().number  # type: ignore[union-attr]  # it has some
    for path in (
        f"Things({town.cellar.pk})", f"Datastreams({town.secret.pk})", f"Datastreams({town.secret.pk})/Observations",
        f"Observations({number})", f"Observations({number})/result/$value", f"Things({town.cellar.pk})/Locations",
        f"Locations({town.cellar.locations.get().pk})", f"Datastreams({town.secret.pk})/Thing",
        f"FeaturesOfInterest({town.river.pk})/Observations({number})", f"Things({town.cellar.pk})/name/$value",
    ):  # fmt: skip
        ask(path, status=404)


def test_staff_sees_everything(town: Town, client: Client) -> None:
    alice = User.objects.create_user(email="alice@example.org", password="x")
    alice.groups.add(Group.objects.get(name="admin"))
    client.force_login(alice)
    found = client.get("/sta/v1.1/Datastreams?$count=true&$expand=Observations($top=1)").json()
    assert found["@iot.count"] == 4
    assert "Secret" in {one["name"] for one in found["value"]}
    assert client.get("/sta/v1.1/Observations?$count=true&$top=0").json()["@iot.count"] == 33


def test_what_is_withdrawn_is_gone_at_once(town: Town, ask: Ask) -> None:
    assert len(ask("Datastreams")["value"]) == 3
    stream = Datastream.objects.get(pk=town.level.pk)
    assert stream.profile is not None
    stream.profile.is_published = False
    stream.profile.save()
    assert ask("Datastreams")["value"] == []
    assert ask("Things", count="true")["@iot.count"] == 0
