"""Requirement class resource-path (OGC 18-088 section 9.2): all ways to address something."""

import pytest
from django.test import Client

from stadtkern.standards.sensorthings.conftest import Ask, Town

pytestmark = pytest.mark.django_db


def test_from_entity_to_entity(town: Town, ask: Ask) -> None:
    stream = ask(f"Things({town.bridge.pk})/Datastreams({town.level.pk})")
    assert stream["@iot.selfLink"] == f"http://testserver/sta/v1.1/Datastreams({town.level.pk})"
    (first, *_others) = ask(f"Things({town.bridge.pk})/Datastreams({town.level.pk})/Observations")["value"]
    path = f"Things({town.bridge.pk})/Datastreams({town.level.pk})/Observations({first['@iot.id']})"
    assert ask(path) == first
    assert ask(f"{path}/Datastream/Thing/Locations")["value"][0]["location"]["type"] == "Point"
    assert ask(f"{path}/FeatureOfInterest")["name"] == "Neisse"


def test_properties(town: Town, ask: Ask, client: Client) -> None:
    path = f"Things({town.bridge.pk})"
    assert ask(f"{path}/name") == {"name": "Neißebrücke"}
    assert ask(f"{path}/id") == ask(f"{path}/@iot.id") == {"@iot.id": town.bridge.pk}
    assert ask(f"{path}/properties") == {
        "properties": {"height": 12.5, "owner": {"name": "Town"}, "tags": ["a", "b"]}
    }
    assert ask(f"{path}/properties/owner/name") == {"name": "Town"}
    assert ask(f"{path}/properties/tags/1") == {"1": "b"}
    assert ask(f"{path}/name/$value").decode() == "Neißebrücke"
    assert ask(f"{path}/properties/height/$value") == b"12.5"
    answer = client.get(f"/sta/v1.1/{path}/name/$value")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_value_of_a_result(town: Town, ask: Ask) -> None:
    number, word = (
        ask(f"Datastreams({stream.pk})/Observations", top=1)["value"][0]["@iot.id"]
        for stream in (town.level, town.state)
    )
    assert ask(f"Observations({number})/result/$value") == b"200.0"
    assert ask(f"Observations({word})/result/$value") == b"open"
    assert ask(f"Datastreams({town.level.pk})/Observations({number})/result") == {"result": 200}


def test_nothing_there_is_no_content(town: Town, client: Client) -> None:
    number = town.level.observations.first().number  # type: ignore[union-attr]  # it has some
    answer = client.get(f"/sta/v1.1/Observations({number})/resultTime")
    assert (answer.status_code, answer.content) == (204, b"")


def test_references(town: Town, ask: Ask) -> None:
    found = ask(f"Things({town.mill.pk})/Datastreams/$ref")
    assert found == {
        "value": [
            {"@iot.selfLink": f"http://testserver/sta/v1.1/Datastreams({stream.pk})"}
            for stream in (town.temperature, town.state)
        ]
    }
    assert ask(f"Things({town.mill.pk})/$ref") == {
        "@iot.selfLink": f"http://testserver/sta/v1.1/Things({town.mill.pk})"
    }


def test_count_of_a_collection(town: Town, ask: Ask) -> None:
    assert ask("Things/$count") == b"2"
    assert ask(f"Datastreams({town.level.pk})/Observations/$count", filter="result gt 205") == b"4"


@pytest.mark.parametrize(
    "path",
    [
        "Nothings", "Things(999999)", "Things('x')", "Things(1)(2)", "Things/name", "Things(999999)/Datastreams",
        "Things({mill})/Datastreams({level})", "Things({mill})/nothing", "Things({mill})/properties/nothing",
        "Datastreams({level})/Thing(1)", "Observations(999999999)", "Observations(1)/MultiDatastream", "things",
    ],
)  # fmt: skip
def test_what_is_not_there(town: Town, client: Client, path: str) -> None:
    answer = client.get("/sta/v1.1/" + path.format(mill=town.mill.pk, level=town.level.pk))
    assert answer.status_code in {400, 404}
    assert answer.json()["code"] == answer.status_code
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "path", ["Things/$value", "Things({mill})/$value", "Things({mill})/$count", "Things({mill})/name/$ref"]
)
def test_what_cannot_be_asked(town: Town, ask: Ask, path: str) -> None:
    ask(path.format(mill=town.mill.pk), status=400)


def test_one_entity_takes_no_options_of_collections(town: Town, ask: Ask) -> None:
    assert "for collections" in ask(f"Things({town.mill.pk})", status=400, top=1)["message"]


def test_head_options_and_methods(town: Town, client: Client) -> None:
    head = client.head("/sta/v1.1/Things")
    assert (head.status_code, head.content) == (200, b"")
    options = client.options("/sta/v1.1/Things")
    assert options.status_code == 204
    assert options["Access-Control-Allow-Origin"] == "*"
    assert "PATCH" in options["Access-Control-Allow-Methods"]


def test_unchanged_answers_are_not_sent_again(town: Town, client: Client) -> None:
    first = client.get("/sta/v1.1/Things")
    again = client.get("/sta/v1.1/Things", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    town.mill.name = "Other"
    town.mill.save()
    assert client.get("/sta/v1.1/Things", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_errors_may_be_read_by_other_sites(town: Town, client: Client) -> None:
    answer = client.get("/sta/v1.1/Nothings")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["type"] == "error"
