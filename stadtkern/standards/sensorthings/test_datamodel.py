"""Requirement class datamodel (OGC 18-088 section 8): every entity with its properties and links."""

from typing import Any

import pytest

from stadtkern.standards.sensorthings.conftest import OM, Ask, Town
from stadtkern.standards.sensorthings.entities import BY_SET, ENTITY_TYPES, EntityType
from stadtkern.standards.sensorthings.landing import REQUIREMENTS, SPEC

pytestmark = pytest.mark.django_db
EACH = pytest.mark.parametrize("entity", ENTITY_TYPES, ids=lambda entity: entity.name)


def only(found: Any) -> Any:  # noqa: ANN401  # JSON
    """Return the first of a collection."""
    return found["value"][0]


def test_landing_document_names_sets_and_conformance(ask: Ask) -> None:
    found = ask()
    assert {one["name"]: one["url"] for one in found["value"]} == {
        name: f"http://testserver/sta/v1.1/{name}" for name in BY_SET
    }
    assert found["serverSettings"]["conformance"] == [SPEC + name for name in REQUIREMENTS]


@EACH
def test_common_control_information(town: Town, ask: Ask, entity: EntityType) -> None:
    """Req. common-control-information: id, selfLink, navigationLinks."""
    one = only(ask(entity.plural))
    assert isinstance(one["@iot.id"], int)
    assert one["@iot.selfLink"] == f"http://testserver/sta/v1.1/{entity.plural}({one['@iot.id']})"
    links = {
        name.partition("@")[0]: value for name, value in one.items() if name.endswith("@iot.navigationLink")
    }
    expected = set(entity.link_of) - ({"MultiDatastream"} if entity.name == "Observation" else set())
    assert links == {name: f"{one['@iot.selfLink']}/{name}" for name in expected}
    assert ask(f"{entity.plural}({one['@iot.id']})") == one


@EACH
def test_mandatory_properties_are_there(town: Town, ask: Ask, entity: EntityType) -> None:
    for one in ask(entity.plural)["value"]:
        assert set(entity.mandatory) <= set(one)
        known = {*entity.property_of, "@iot.id", "@iot.selfLink"}
        assert {name for name in one if not name.endswith("navigationLink")} <= known


@EACH
def test_every_link_leads_somewhere(town: Town, ask: Ask, entity: EntityType) -> None:
    one = only(ask(entity.plural))
    for link in entity.links:
        if entity.name == "Observation" and link.name == "MultiDatastream":
            continue
        found = ask(f"{entity.plural}({one['@iot.id']})/{link.name}")
        assert ("value" in found) is link.many
        if not link.many:
            assert found["@iot.selfLink"].startswith(f"http://testserver/sta/v1.1/{BY_SET_OF[link.target]}(")


BY_SET_OF = {one.name: one.plural for one in ENTITY_TYPES}


def test_thing(town: Town, ask: Ask) -> None:
    one = ask(f"Things({town.bridge.pk})")
    assert one["name"] == "Neißebrücke"
    assert one["description"] == "At the bridge"
    assert one["properties"] == {"height": 12.5, "owner": {"name": "Town"}, "tags": ["a", "b"]}


def test_location_is_geojson(town: Town, ask: Ask) -> None:
    one = only(ask(f"Things({town.bridge.pk})/Locations"))
    assert one["encodingType"] == "application/geo+json"
    assert one["location"] == {"type": "Point", "coordinates": [14.72, 51.95]}


def test_location_is_shown_as_it_was_sent(town: Town, ask: Ask) -> None:
    sent = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [14.72, 51.95, 33]},
        "properties": {},
    }
    town.bridge.locations.update(document=sent)
    assert only(ask(f"Things({town.bridge.pk})/Locations"))["location"] == sent


def test_historical_locations(town: Town, ask: Ask) -> None:
    times = [one["time"] for one in ask(f"Things({town.bridge.pk})/HistoricalLocations")["value"]]
    assert times == ["2026-10-24T12:00:00Z", "2026-11-23T12:00:00Z"]


def test_datastream(town: Town, ask: Ask) -> None:
    one = ask(f"Datastreams({town.temperature.pk})")
    assert one["unitOfMeasurement"] == {
        "name": "Cel", "symbol": "°C", "definition": "http://www.opengis.net/def/uom/UCUM/Cel",
    }  # fmt: skip
    assert one["observationType"] == OM + "OM_Measurement"
    assert one["phenomenonTime"] == "2026-11-23T09:45:00Z/2026-11-23T12:00:00Z"


def test_datastream_keeps_the_unit_that_was_sent(town: Town, ask: Ask) -> None:
    sent = {"name": "Degree", "symbol": "degC", "definition": "ucum:Cel"}
    town.temperature.unit_of_measurement = sent
    town.temperature.save()
    assert ask(f"Datastreams({town.temperature.pk})")["unitOfMeasurement"] == sent
    found = ask("Datastreams", filter="unitOfMeasurement/symbol eq 'degC'")
    assert [one["@iot.id"] for one in found["value"]] == [town.temperature.pk]


def test_datastream_times_come_from_its_observations(town: Town, ask: Ask) -> None:
    one = ask(f"Datastreams({town.state.pk})")
    assert one["phenomenonTime"] == "2026-11-23T11:00:00Z/2026-11-23T13:00:00Z"
    assert one["resultTime"] == "2026-11-23T12:00:00Z/2026-11-23T12:00:00Z"


def test_sensor(town: Town, ask: Ask) -> None:
    one = only(ask("Sensors"))
    assert (one["encodingType"], one["metadata"]) == ("text/html", "https://float.example")


def test_observed_property_has_the_name_of_the_pages(town: Town, ask: Ask) -> None:
    names = [one["name"] for one in ask("ObservedProperties")["value"]]
    assert names == ["Water level", "Temperatur", "State"]


def test_observation_with_all_it_can_have(town: Town, ask: Ask) -> None:
    opened, closed = ask(f"Datastreams({town.state.pk})/Observations")["value"]
    assert opened["result"] == "open"
    assert opened["resultTime"] == "2026-11-23T12:00:00Z"
    assert opened["parameters"] == {"by": "Alice", "n": 3}
    assert closed["phenomenonTime"] == "2026-11-23T12:00:00Z/2026-11-23T13:00:00Z"
    assert closed["validTime"] == "2026-11-23T12:00:00Z/2026-11-24T12:00:00Z"
    assert closed["resultQuality"] == {"grade": "A"}
    assert closed["resultTime"] is None


def test_observation_says_that_it_is_bad(town: Town, ask: Ask) -> None:
    town.level.observations.filter(result=209).update(quality=4)
    found = ask(f"Datastreams({town.level.pk})/Observations", filter="resultQuality/flag eq 4")
    assert [(one["result"], one["resultQuality"]) for one in found["value"]] == [(209, {"flag": 4})]


def test_feature_of_interest(town: Town, ask: Ask) -> None:
    one = only(ask("FeaturesOfInterest"))
    assert one["feature"]["type"] == "Polygon"
    assert len(ask(f"FeaturesOfInterest({town.river.pk})/Observations", top=1000)["value"]) == 23


def test_multi_datastream(town: Town, ask: Ask) -> None:
    """Req. multi-datastream/properties and relations."""
    one = only(ask("MultiDatastreams"))
    assert one["observationType"] == OM + "OM_ComplexObservation"
    assert one["multiObservationDataTypes"] == [OM + "OM_Measurement"] * 2
    assert [unit["symbol"] for unit in one["unitOfMeasurements"]] == ["cm", "°C"]
    path = f"MultiDatastreams({town.weather.pk})"
    assert [p["name"] for p in ask(f"{path}/ObservedProperties")["value"]] == ["Water level", "Temperatur"]
    assert only(ask(f"{path}/Observations"))["result"] == [203.5, 4.25]
    assert "MultiDatastream@iot.navigationLink" in only(ask(f"{path}/Observations"))


def test_multi_datastreams_are_no_datastreams(town: Town, ask: Ask) -> None:
    """Req. multi-datastream/constraints: as many units and kinds as observed properties, and an own set."""
    assert town.weather.pk not in {one["@iot.id"] for one in ask("Datastreams")["value"]}
    ask(f"Datastreams({town.weather.pk})", status=404)
    ask(f"MultiDatastreams({town.level.pk})", status=404)
    one = only(ask("MultiDatastreams", expand="ObservedProperties"))
    assert (
        len(one["unitOfMeasurements"])
        == len(one["multiObservationDataTypes"])
        == len(one["ObservedProperties"])
    )
