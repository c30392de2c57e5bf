"""`$filter`: every operator and function of OGC 18-088 section 9.3.3.5, on both databases."""

from typing import Any

import pytest

from stadtkern.standards.sensorthings.conftest import Ask, Town

pytestmark = pytest.mark.django_db

BRIDGE, MILL = "Neißebrücke", "Mill's gauge"
THINGS = [
    # comparison (table 23)
    ("name eq 'Neißebrücke'", [BRIDGE]),
    ("name eq 'Mill''s gauge'", [MILL]),
    ("name ne 'Neißebrücke'", [MILL]),
    ("name gt 'N'", [BRIDGE]),
    ("name ge 'Neißebrücke'", [BRIDGE]),
    ("name lt 'N'", [MILL]),
    ("name le 'Mill''s gauge'", [MILL]),
    ("name in ('x','Neißebrücke')", [BRIDGE]),
    ("name eq null", []),
    ("null ne name", [BRIDGE, MILL]),
    # logical
    ("name eq 'x' or name ne 'y'", [BRIDGE, MILL]),
    ("name ne 'x' and not startswith(name,'M')", [BRIDGE]),
    ("not (name eq 'x')", [BRIDGE, MILL]),
    ("true", [BRIDGE, MILL]),
    ("false or true and false", []),
    # JSON members, whatever their type
    ("properties/height eq 12.5", [BRIDGE]),
    ("properties/height gt 12", [BRIDGE]),
    ("properties/height eq 'tall'", [MILL]),
    ("properties/height ne 12.5", [MILL]),
    ("properties/closed", [MILL]),
    ("properties/closed eq true", [MILL]),
    ("not properties/closed", [BRIDGE]),
    ("properties/owner/name eq 'Town'", [BRIDGE]),
    ("properties/tags[1] eq 'b'", [BRIDGE]),
    ("properties/nothing eq null", [BRIDGE, MILL]),
    ("properties/owner ne null", [BRIDGE]),
    ("properties/height eq properties/height", [BRIDGE, MILL]),
    ("properties/height mul 2 eq 25", [BRIDGE]),
    ("toupper(properties/height) eq 'TALL'", [MILL]),
    # arithmetic
    ("1 add 2 mul 3 eq 7 and 7 sub 5 eq 2", [BRIDGE, MILL]),
    ("7 div 2 eq 3.5 and 7 mod 4 eq 3 and -1 lt 0", [BRIDGE, MILL]),
    ("1 div 0 eq null", [BRIDGE, MILL]),
    # text functions (table 24)
    ("substringof('brück',name)", [BRIDGE]),
    ("contains(name,'gauge')", [MILL]),
    ("endswith(name,'gauge')", [MILL]),
    ("startswith(name,'Neiß')", [BRIDGE]),
    ("startswith(name,'neiß')", []),
    ("length(name) eq 11", [BRIDGE]),
    ("indexof(name,'ill') eq 1", [MILL]),
    ("indexof(name,'%') eq -1", [BRIDGE, MILL]),
    ("substring(name,5) eq 'brücke'", [BRIDGE]),
    ("substring(name,0,4) eq 'Mill'", [MILL]),
    ("tolower(name) eq 'neißebrücke'", [BRIDGE]),
    ("toupper(substring(name,5)) eq 'BRÜCKE'", [BRIDGE]),
    ("trim('  x ') eq 'x'", [BRIDGE, MILL]),
    ("concat(concat(name,', '),description) eq 'Neißebrücke, At the bridge'", [BRIDGE]),
    # mathematics
    ("round(2.5) eq 3 and round(-2.5) eq -3", [BRIDGE, MILL]),
    ("floor(-1.5) eq -2 and ceiling(1.2) eq 2", [BRIDGE, MILL]),
    # paths over links, also to many
    ("Datastreams/name eq 'Warmth'", [MILL]),
    ("Datastreams/Observations/result lt 0", [MILL]),
    ("Datastreams/ObservedProperty/name eq 'Temperatur' and Datastreams/name eq 'Warmth'", [MILL]),
    ("Datastreams/ObservedProperty/name eq 'Temperatur' and Datastreams/name eq 'State'", []),
    ("Datastreams/any(d:d/ObservedProperty/name eq 'Temperatur') and Datastreams/any(d:d/name eq 'State')", [MILL]),
    ("Datastreams/all(d:d/name ne 'State')", [BRIDGE]),
    ("MultiDatastreams/any()", [MILL]),
    ("not MultiDatastreams/any()", [BRIDGE]),
    ("Datastreams/any(d:d/Observations/any(o:o/result gt 205 and d/unitOfMeasurement/symbol eq 'cm'))", [BRIDGE]),
    ("MultiDatastreams/ObservedProperties/definition eq 'http://p.example/t'", [MILL]),
    ("$it/name eq 'Neißebrücke'", [BRIDGE]),
    # places
    ("st_equals(Locations/location,geography'POINT (14.72 51.95)')", [BRIDGE]),
    ("st_disjoint(Locations/location,geography'POLYGON ((14.6 51.8,14.71 51.8,14.71 51.92,14.6 51.92,14.6 51.8))')", [BRIDGE]),
    ("st_within(Locations/location,geography'POLYGON ((14.6 51.8,14.71 51.8,14.71 51.92,14.6 51.92,14.6 51.8))')", [MILL]),
    ("st_intersects(Locations/location,geography'LINESTRING (14.7 51.9,14.9 51.9)')", [MILL]),
    ("geo.intersects(geography'POINT (14.7 51.9)',Locations/location)", [MILL]),
    ("st_touches(Locations/location,geography'LINESTRING (14.7 51.9,14.9 51.9)')", [MILL]),
    ("st_crosses(Locations/location,geography'LINESTRING (14.6 51.9,14.9 51.9)')", []),
    ("st_overlaps(Locations/location,geography'MULTIPOINT (14.7 51.9,1 1)')", []),
    ("st_contains(geography'POLYGON ((14.6 51.8,14.71 51.8,14.71 51.92,14.6 51.92,14.6 51.8))',Locations/location)", [MILL]),
    ("st_relate(Locations/location,geography'POINT (14.7 51.9)','0FFFFFFF2')", [MILL]),
    ("geo.distance(Locations/location,geography'POINT (14.7 51.91)') lt 0.011", [MILL]),
    ("geo.length(geography'LINESTRING (0 0,3 4)') eq 5", [BRIDGE, MILL]),
    ("Locations/location/type eq 'Point' and Locations/location/coordinates[0] gt 14.71", [BRIDGE]),
    ("HistoricalLocations/time eq 2026-10-24T12:00:00Z", [BRIDGE, MILL]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "names"), THINGS)
def test_things(town: Town, ask: Ask, expression: str, names: list[str]) -> None:
    found = ask("Things", filter=expression, count="true", orderby="name desc")
    assert sorted(one["name"] for one in found["value"]) == sorted(names)
    assert found["@iot.count"] == len(names)


OBSERVATIONS: list[tuple[str, list[Any]]] = [
    ("result eq 203", [203]),
    ("result gt 207 and result le 209", [208, 209]),
    ("result mod 100 eq 3", [203, 3]),
    ("(result sub 200) mul 2 eq 10", [205]),
    ("result eq 'open'", ["open"]),
    ("startswith(result,'clo')", ["closed"]),
    ("result[1] eq 4.25", [[203.5, 4.25]]),
    ("result/0 gt 203", [[203.5, 4.25]]),
    ("parameters/by eq 'Alice'", ["open"]),
    ("parameters/n add 1 eq 4", ["open"]),
    ("resultQuality/grade eq 'A'", ["closed"]),
    ("Datastream/name eq 'Level at the bridge' and result lt 202", [200, 201]),
    ("Datastream/Thing/Locations/name eq 'Place of Neißebrücke' and result lt 202", [200, 201]),
    ("Datastream/Thing/name eq 'Neißebrücke' and result lt 201 or result eq 'open'", [200, "open"]),
    ("MultiDatastream/name eq 'Weather'", [[203.5, 4.25]]),
    ("FeatureOfInterest/name eq 'Neisse' and result eq 209", [209]),
    ("st_within(geography'POINT (14.5 51.5)',FeatureOfInterest/feature) and result eq 209", [209]),
    # times
    ("phenomenonTime lt 2026-11-23T10:00:00Z", [200, -2]),
    ("phenomenonTime le 2026-11-23T11:00:00+01:00", [200, 201, -2, -1]),
    ("phenomenonTime gt 2026-11-23T11:45:00Z", [209, 7, "closed", [203.5, 4.25]]),
    ("phenomenonTime eq 2026-11-23T11:00:00Z", [205, 3, "open"]),
    ("phenomenonTime eq 2026-11-23T12:00:00Z/2026-11-23T13:00:00Z", ["closed"]),
    ("phenomenonTime eq 2026-11-23T12:00:00Z/PT1H", ["closed"]),
    ("phenomenonTime ge 2026-11-23 and result eq 200", [200]),
    ("phenomenonTime ge '2026-11-23T12:00:00Z' and result gt 100", [209]),
    ("during(phenomenonTime,2026-11-23T09:00:00Z/2026-11-23T09:50:00Z)", [200, -2]),
    ("overlaps(phenomenonTime,2026-11-23T12:30:00Z/2026-11-23T14:00:00Z)", ["closed"]),
    ("before(phenomenonTime,2026-11-23T10:00:00Z)", [200, -2]),
    ("after(phenomenonTime,2026-11-23T11:50:00Z) and result ne 7", [209, "closed", [203.5, 4.25]]),
    ("meets(phenomenonTime,2026-11-23T13:00:00Z/2026-11-23T14:00:00Z)", ["closed"]),
    ("starts(phenomenonTime,2026-11-23T12:00:00Z/PT2H) and finishes(phenomenonTime,2026-11-23T13:00:00Z)", ["closed"]),
    ("resultTime eq 2026-11-23T12:00:00Z", ["open"]),
    ("resultTime eq null and result eq 'closed'", ["closed"]),
    ("validTime gt 2026-11-22T12:00:00Z", ["closed"]),
    ("validTime eq null and result gt 208", [209]),
    ("phenomenonTime add duration'PT15M' gt 2026-11-23T12:00:00Z and result gt 100", [209]),
    ("phenomenonTime sub 2026-11-23T09:45:00Z lt duration'PT20M' and result gt 100", [200, 201]),
    ("phenomenonTime gt now() sub duration'P99999D' and result eq 209", [209]),
    ("phenomenonTime lt mindatetime() or phenomenonTime gt maxdatetime()", []),
    ("year(phenomenonTime) eq 2026 and month(phenomenonTime) eq 11 and day(phenomenonTime) eq 23 and result eq 209", [209]),
    ("hour(phenomenonTime) eq 9 and minute(phenomenonTime) eq 45", [200, -2]),
    ("second(phenomenonTime) eq 0 and fractionalseconds(phenomenonTime) eq 0 and result eq 209", [209]),
    ("date(phenomenonTime) eq 2026-11-23 and result eq 209", [209]),
    ("time(phenomenonTime) lt 10:00:00", [200, -2]),
    ("totaloffsetminutes(phenomenonTime) eq 0 and result eq 209", [209]),
    ("year(date(phenomenonTime)) eq 2026 and hour(time(phenomenonTime)) eq 9", [200, -2]),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "results"), OBSERVATIONS)
def test_observations(town: Town, ask: Ask, expression: str, results: list[Any]) -> None:
    found = ask("Observations", filter=expression, count="true")
    assert sorted(map(str, (one["result"] for one in found["value"]))) == sorted(
        str(float(one)) if isinstance(one, int) else str(one) for one in results
    )
    assert found["@iot.count"] == len(results)


OTHERS: list[tuple[str, str, int]] = [
    ("Datastreams", "unitOfMeasurement/symbol eq '°C'", 1),
    ("Datastreams", "unitOfMeasurement/name eq 'cm'", 1),
    ("Datastreams", "endswith(unitOfMeasurement/definition,'/cm')", 1),
    ("Datastreams", "phenomenonTime gt 2026-11-23T10:30:00Z", 1),
    ("Datastreams", "phenomenonTime lt 2026-11-24T00:00:00Z", 3),
    ("Datastreams", "resultTime ne null", 1),
    ("Datastreams", "properties/rank ge 2", 1),
    ("Datastreams", "Observations/result gt 208", 1),
    ("Datastreams", "id eq 999999", 0),
    ("Sensors", "properties/serial eq 7 and metadata eq 'https://float.example'", 1),
    ("Sensors", "Datastreams/Thing/name eq 'Neißebrücke'", 1),
    ("ObservedProperties", "MultiDatastreams/name eq 'Weather'", 2),
    ("FeaturesOfInterest", "Observations/result eq 209", 1),
    ("FeaturesOfInterest", "st_contains(feature,geography'POINT (14.5 51.5)')", 1),
    ("HistoricalLocations", "time gt 2026-11-01T00:00:00Z and Thing/name eq 'Neißebrücke'", 1),
    ("Locations", "Things/Datastreams/Observations/result eq 209", 1),
    ("MultiDatastreams", "Observations/result[0] gt 203", 1),
]  # fmt: skip


@pytest.mark.parametrize(("path", "expression", "count"), OTHERS)
def test_other_entities(town: Town, ask: Ask, path: str, expression: str, count: int) -> None:
    found = ask(path, filter=expression, count="true")
    assert len(found["value"]) == found["@iot.count"] == count


@pytest.mark.parametrize(
    ("path", "expression", "message"),
    [
        ("Things", "nosuch eq 1", 'Thing has no property "nosuch"'),
        ("Things", "name", "Expected a condition, found a text"),
        ("Things", "name eq 5", "cannot be compared"),
        ("Things", "name add 1 eq 2", "One cannot add"),
        ("Things", "Datastreams eq 1", "name one of its properties"),
        ("Things", "name/first eq 'x'", "has no members"),
        ("Things", "geo.length(name) gt 1", "Expected a geometry"),
        ("Things", "st_within(Locations/location,geography'POINT (nowhere)')", "is no geometry"),
        ("Things", "st_within(Locations/location,geography'POLYGON ((0 0,1 1,1 0,0 1,0 0))')", "not valid"),
        ("Things", "st_relate(Locations/location,geography'POINT (1 1)','xyz')", "pattern of nine"),
        ("Things", "year(name) eq 2020", "takes a time"),
        ("Things", "properties/'a\"b' eq 1", "double quotes"),
        ("Things", "name gt null", "Nothing is larger"),
        ("Observations", "phenomenonTime gt 1700000000000", "cannot be compared with a number"),
        ("Observations", "phenomenonTime eq true", "cannot be compared"),
        ("Observations", "phenomenonTime gt 'soon'", "no time of the calendar"),
        ("MultiDatastreams", "unitOfMeasurements eq 1", "cannot be compared or sorted"),
        ("Things", "Datastreams/any(d:d/nosuch eq 1)", "no property"),
        ("Things", "name/any()", "needs a link"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(town: Town, ask: Ask, path: str, expression: str, message: str) -> None:
    error = ask(path, status=400, filter=expression)
    assert error["code"] == 400
    assert error["type"] == "error"
    assert message in error["message"]


@pytest.mark.parametrize(
    "text", ["' or 1=1 --", "'; DROP TABLE observations_thing; --", "%s", "%", "\\", '"', "{}", "$1", "?", "::text"]
)  # fmt: skip
def test_sql_in_a_text_is_text(town: Town, ask: Ask, text: str) -> None:
    quoted = text.replace("'", "''")
    for expression in (
        f"name eq '{quoted}'",
        f"properties/x eq '{quoted}'",
        f"contains(description,'{quoted}')",
    ):
        assert ask("Things", filter=expression)["value"] == []
    if '"' not in text:
        assert ask("Things", filter=f"properties/'{quoted}' eq 1")["value"] == []
    assert len(ask("Things")["value"]) == 2
