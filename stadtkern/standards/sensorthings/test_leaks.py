"""Ways around what a reader may see, and around what the server can hold."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from stadtkern.observations.granted import Access
from stadtkern.observations.models import Datastream, FeatureOfInterest, Observation
from stadtkern.standards.sensorthings.apply import rolled
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.conftest import Ask, Town
from stadtkern.standards.sensorthings.fixtures import Client as Writer
from stadtkern.standards.sensorthings.read import context

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("path", "keys", "alias", "order"),
    [
        ("Things", "properties,properties/height", "n", "n"),
        ("Things", "properties/height,properties", "n", "n"),
        ("Things", "properties/height", "properties", "properties"),
        ("Things", "properties/owner,properties/owner/name", "n", "n"),
        ("Observations", "Datastream/name", "Datastream", "Datastream/name"),
        ("Observations", "Datastream/name,bucket(phenomenonTime,duration'P1D') as Datastream", "n", "n"),
        ("Observations", "Datastream/id,Datastream/@iot.id", "n", "n"),
    ],
)
def test_groups_cannot_stand_within_each_other(  # noqa: PLR0913, PLR0917
    client: Client, town: Town, path: str, keys: str, alias: str, order: str
) -> None:
    text = quote(f"groupby(({keys}),aggregate($count as {alias}))")
    for options in ("", f"&$orderby={quote(order)}"):
        answer = client.get(f"/sta/v1.1/{path}?$apply={text}{options}")
        assert answer.status_code == 400, answer.content
        assert "stand within" in answer.json()["message"]


def test_groups_beside_each_other_are_no_problem(client: Client, town: Town, ask: Ask) -> None:
    (first, *_) = ask(
        "Things",
        apply="groupby((properties/height,properties/tall,name),aggregate($count as n))",
        orderby="name",
    )["value"]
    assert first == {"properties": {"height": None, "tall": None}, "name": first["name"], "n": 1} | first


def batch(client: Client, *urls: str, **more: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # JSON
    requests = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    answer = client.post("/sta/v1.1/$batch", {"requests": requests}, "application/json", **more)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["responses"]
    return found


def test_batch_shows_no_more_than_single_requests(client: Client, town: Town) -> None:
    number = town.secret.observations.first().number  # type: ignore[union-attr]  # it has some
    urls = (
        f"Things({town.cellar.pk})", f"Datastreams({town.secret.pk})/Observations", f"Observations({number})",
        f"Things({town.cellar.pk})/$history", f"Datastreams({town.secret.pk})?$asof=2030-01-01T00:00:00Z",
    )  # fmt: skip
    assert [one["status"] for one in batch(client, *urls)] == [404] * len(urls)
    shown = batch(client, "Datastreams?$expand=Observations", "Things?$asof=2030-01-01T00:00:00Z")
    assert "secret" not in str(shown).lower()


def test_batch_answers_about_the_past_as_single_requests_do(client: Client, town: Town) -> None:
    path = f"Things({town.bridge.pk})"
    for option in ("$asof", "$AsOf"):
        alone = client.get(f"/sta/v1.1/{path}?{option}=1960-01-01T00:00:00Z")
        assert alone.json()["@iot.id"] == town.bridge.pk
        (answer,) = batch(client, f"{path}?{option}=1960-01-01T00:00:00Z")
        assert answer["body"] == alone.json()


def test_answers_of_a_batch_are_limited_together(
    client: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(client.get("/sta/v1.1/Observations").content)
    monkeypatch.setattr("stadtkern.standards.sensorthings.batch.views.LARGEST_READ", size * 3 + 100)
    answers = batch(client, *["Observations"] * 5)
    assert [one["status"] for one in answers] == [200, 200, 200, 413, 413]


def test_what_is_shared_counts_wherever_it_is_written(
    town: Town, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of ten observations with its datastream with all ten observations: a hundred and more."""
    monkeypatch.setattr(context, "MOST_ENTITIES", 110)
    path = f"Datastreams({town.level.pk})/Observations"
    assert len(ask(path, expand="Datastream($expand=Observations($top=9))")["value"]) == 10
    found = ask(path, 400, expand="Datastream($expand=Observations)")
    assert "more than 110 entities" in found["message"]
    ask(path, 400, expand="Datastream($expand=Observations($expand=Datastream($expand=Observations)))")


@pytest.mark.parametrize("options", ["", ";$skip=1", ";$orderby=result", ";$orderby=phenomenonTime desc"])
def test_no_more_is_read_than_can_be_shown(
    town: Town, ask: Ask, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    read: list[int] = []
    usual = context.Context.table_rows

    def rows(self: context.Context, sql: Any) -> Any:  # noqa: ANN401  # as there
        found = usual(self, sql)
        read.append(len(found))
        return found

    for module in ("context", "expand"):
        monkeypatch.setattr(f"stadtkern.standards.sensorthings.read.{module}.MOST_ENTITIES", 8)
    monkeypatch.setattr(context.Context, "table_rows", rows)
    ask("Datastreams", 400, expand=f"Observations($top=10{options})")
    assert max(read) <= 8 + 3 + 1


def test_statistics_are_made_of_so_many_sums_at_most(
    town: Town, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are held in memory: many datastreams times many years would fill it."""
    text = "groupby((Datastream/id,bucket(phenomenonTime,duration'PT15M')),aggregate(result with sum as s))"
    assert len(ask(f"Datastreams({town.level.pk})/Observations", apply=text)["value"]) == 10
    monkeypatch.setattr(rolled, "MOST_SUMS", 9)
    monkeypatch.setattr(rolled, "_MOST", Sql("%s", (10,)))
    found = ask(f"Datastreams({town.level.pk})/Observations", 400, apply=text)
    assert "more than 9 sums" in found["message"]


def writer_of(stream: Datastream) -> Writer:
    """Return who reads and writes one datastream and nothing else."""
    own, streams = frozenset({stream.pk}), frozenset({stream.pk})
    return Writer(
        Access(principal="key:bob", readable=own, writable=own, read_streams=streams, write_streams=streams)
    )


def test_data_arrays_lead_to_features_that_are_seen_alone(town: Town) -> None:
    """Naming a feature in an own observation would make it visible; one that is not there would break all."""
    hidden = FeatureOfInterest.objects.create(name="Hidden", description="", feature=Point(14, 51, srid=4326))
    part = {
        "Datastream": {"@iot.id": town.level.pk},
        "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
        "dataArray": [
            ["2030-01-01T00:00:00Z", 1, town.river.pk],
            ["2030-01-01T00:01:00Z", 2, hidden.pk],
            ["2030-01-01T00:02:00Z", 3, 2**62],
            ["2030-01-01T00:03:00Z", 4, None],
        ],
    }
    answer = writer_of(town.level).ask("POST", "CreateObservations", [part])
    assert answer.status == 201
    assert [text.startswith("error") for text in answer.body] == [False, True, True, False]
    assert answer.body[1:3] == [f"error: there is no FeatureOfInterest {pk}" for pk in (hidden.pk, 2**62)]
    assert not Observation.objects.filter(feature=hidden).exists()


def test_single_observations_lead_to_features_that_are_seen_alone(town: Town) -> None:
    hidden = FeatureOfInterest.objects.create(name="Hidden", description="", feature=Point(14, 51, srid=4326))
    writer, path = writer_of(town.level), f"Datastreams({town.level.pk})/Observations"
    number = town.level.observations.first().number  # type: ignore[union-attr]  # it has some
    for pk in (hidden.pk, 2**62):
        link = {"FeatureOfInterest": {"@iot.id": pk}}
        assert writer.ask("POST", path, {"result": 1, **link}).status == 400
        assert writer.ask("PATCH", f"Observations({number})", link).status == 400
        assert (
            writer.ask(
                "PUT", f"Observations({number})/FeatureOfInterest/$ref", link["FeatureOfInterest"]
            ).status
            >= 400
        )
    assert not Observation.objects.filter(feature=hidden).exists()


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE", "POST"])
def test_who_writes_one_stream_changes_nothing_else(town: Town, method: str) -> None:
    writer = writer_of(town.level)
    number = town.secret.observations.first().number  # type: ignore[union-attr]  # it has some
    other = town.temperature.observations.first().number  # type: ignore[union-attr]  # it has some
    body = {"name": "x", "description": "x", "result": 1, "Datastream": {"@iot.id": town.level.pk}}
    for path in (
        f"Observations({number})", f"Observations({other})", f"Things({town.bridge.pk})", f"Things({town.cellar.pk})",
        f"Datastreams({town.secret.pk})", f"Datastreams({town.level.pk})", f"Datastreams({town.secret.pk})/Observations",
        f"Things({town.bridge.pk})/Locations", f"FeaturesOfInterest({town.river.pk})", "Sensors", "Datastreams",
    ):  # fmt: skip
        answer = writer.ask(method, path, body)
        assert answer.status in {400, 401, 403, 404, 405}, (path, answer)
        assert "secret" not in str(answer.body).lower()
