"""CQL2: each operator finds what Python finds in the same features; nonsense gets a clear 400."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.standards.ogc.conftest import NOON, Ask

Json: TypeAlias = Any
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("town")]
NAMES, KINDS = ("Käthe", "Łukasz", "Bob's 100% tree", "x_y"), ("Linde", "Eiche", "Ulme")
BOX = "POLYGON((14.7095 51.9,14.7155 51.9,14.7155 52,14.7095 52,14.7095 51.9))"


def found(ask: Ask, text: str, collection: str = "trees", **more: Json) -> list[Any]:
    answer = ask(f"collections/{collection}/items", filter=text, limit=100, **more)
    return [one["id"] for one in answer["features"]]


def trees(test: Json) -> list[int]:
    """Return the numbers of the trees for which a test holds: by place in the row, from 0."""
    return [number + 1 for number in range(50) if test(number)]


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("height = 1.5", lambda n: n == 3),
        ("1.5 = height", lambda n: n == 3),
        ("height <> 1.5", lambda n: n != 3),
        ("height > 20", lambda n: n > 40),
        ("20 > height", lambda n: n < 40),
        ("height >= 20 AND height <= 21", lambda n: 40 <= n <= 42),
        ("height BETWEEN 20 AND 21", lambda n: 40 <= n <= 42),
        ("height NOT BETWEEN 1 AND 24", lambda n: n < 2 or n > 48),
        ("height IN (1, 2, 3.5)", lambda n: n in {2, 4, 7}),
        ("height NOT IN (1, 2)", lambda n: n not in {2, 4}),
        ("kind = 'Linde'", lambda n: n % 3 == 0),
        ("kind IN ('Linde', 'Ulme')", lambda n: n % 3 != 1),
        ("kind < 'L'", lambda n: n % 3 == 1),
        ("NOT kind = 'Linde'", lambda n: n % 3 != 0),
        ("NOT (kind = 'Linde' OR height > 10)", lambda n: n % 3 != 0 and n <= 20),
        ("kind = 'Linde' AND (height < 3 OR height > 20)", lambda n: n % 3 == 0 and (n < 6 or n > 40)),
        ("felled = true", lambda n: n % 2 == 0),
        ("felled", lambda n: n % 2 == 0),
        ("NOT felled", lambda n: n % 2),
        ("felled <> TRUE", lambda n: n % 2),
        ("note IS NULL", lambda n: n % 5),
        ("note IS NOT NULL", lambda n: n % 5 == 0),
        ("name LIKE 'Käthe %'", lambda n: n % 4 == 0),
        ("name LIKE 'käthe %'", lambda _n: False),
        ("CASEI(name) LIKE CASEI('KÄTHE %')", lambda n: n % 4 == 0),
        ("CASEI(name) = CASEI('ŁUKASZ 1')", lambda n: n == 1),
        ("name LIKE 'x\\_y%'", lambda n: n % 4 == 3),
        ("name LIKE '_\\_y%'", lambda n: n % 4 == 3),
        ("name LIKE '%100\\% tree%'", lambda n: n % 4 == 2),
        ("name LIKE 'Bob''s%'", lambda n: n % 4 == 2),
        ("name NOT LIKE '%1%'", lambda n: "1" not in str(n) and n % 4 != 2),
        ("height * 2 = 6", lambda n: n == 6),
        ("height + 1 > 25", lambda n: n > 48),
        ("height - 20 >= 4.5", lambda n: n >= 49),
        ("height / 2 = 3", lambda n: n == 12),
        ("height / (height - height) = 1", lambda _n: False),
        ("height = height", lambda _n: True),
        ("planted = DATE('1903-03-01')", lambda n: n == 3),
        ("planted < DATE('1902-01-01')", lambda n: n < 2),
        ("planted >= '1948-03-01'", lambda n: n >= 48),
        ("T_AFTER(planted, DATE('1948-01-01'))", lambda n: n >= 48),
        ("T_BEFORE(time, TIMESTAMP('2026-06-01T14:00:00Z'))", lambda n: n < 2),
        ("T_AFTER(time, TIMESTAMP('2026-06-03T12:00:00Z'))", lambda n: n > 48),
        ("T_DURING(time, INTERVAL('2026-06-01T13:00:00Z','2026-06-01T16:00:00Z'))", lambda n: n in {2, 3}),
        (
            "T_INTERSECTS(time, INTERVAL('2026-06-01T13:00:00Z','2026-06-01T16:00:00Z'))",
            lambda n: 1 <= n <= 4,
        ),
        ("T_INTERSECTS(time, INTERVAL('..','2026-06-01T13:00:00Z'))", lambda n: n <= 1),
        ("T_INTERSECTS(time, DATE('2026-06-01'))", lambda n: n < 12),
        ("T_EQUALS(time, TIMESTAMP('2026-06-01T14:00:00+00:00'))", lambda n: n == 2),
        ("T_DISJOINT(time, INTERVAL('2026-06-01T13:00:00Z','..'))", lambda n: n < 1),
        ("time > TIMESTAMP('2026-06-03T12:00:00Z')", lambda n: n > 48),
        (f"S_INTERSECTS(geometry, {BOX})", lambda n: 10 <= n <= 15),
        (f"S_INTERSECTS({BOX}, geometry)", lambda n: 10 <= n <= 15),
        ("S_INTERSECTS(geometry, BBOX(14.7095,51.9,14.7155,52))", lambda n: 10 <= n <= 15),
        ("S_INTERSECTS(geometry, BBOX(14.7155,51.9,14.7095,52))", lambda n: not 10 <= n <= 15),
        (f"S_WITHIN(geometry, {BOX})", lambda n: 10 <= n <= 15),
        (f"S_CONTAINS({BOX}, geometry)", lambda n: 10 <= n <= 15),
        (f"S_DISJOINT(geometry, {BOX})", lambda n: not 10 <= n <= 15),
        ("S_EQUALS(geometry, POINT(14.7 51.95))", lambda n: n == 0),
        ("S_INTERSECTS(geometry, LINESTRING(14.7 51.95, 14.7000001 51.95))", lambda n: n == 0),
        (f"S_INTERSECTS(geometry, {BOX}) AND felled", lambda n: 10 <= n <= 15 and n % 2 == 0),
        (f"NOT S_INTERSECTS(geometry, {BOX}) AND height < 2", lambda n: n < 4),
        ("1 = 1", lambda _n: True),
        ("'a' = 'b'", lambda _n: False),
    ],
)
def test_what_cql2_text_finds(ask: Ask, text: str, test: Json) -> None:
    assert found(ask, text) == trees(test)


def test_functions_of_areas(ask: Ask) -> None:
    touching = "POLYGON((14.705 51.94,14.708 51.94,14.708 51.945,14.705 51.945,14.705 51.94))"
    assert found(ask, f"S_TOUCHES(geometry, {touching})", "parks") == ["park/0"]
    assert found(ask, "S_CROSSES(geometry, LINESTRING(14.69 51.942, 14.7051 51.942))", "parks") == ["park/0"]
    overlapping = "POLYGON((14.702 51.941,14.707 51.941,14.707 51.942,14.702 51.942,14.702 51.941))"
    assert found(ask, f"S_OVERLAPS(geometry, {overlapping})", "parks") == ["park/0"]
    assert found(ask, "S_CONTAINS(geometry, POINT(14.711 51.941))", "parks") == ["park/1"]
    assert found(ask, "S_WITHIN(POINT(14.711 51.941), geometry)", "parks") == ["park/1"]


def test_our_own_places_are_asked_the_same_way(ask: Ask) -> None:
    assert len(found(ask, "CASEI(street) LIKE CASEI('FRANKFURTER%') AND area = 'guben'", "addresses")) == 1
    assert len(found(ask, "S_INTERSECTS(geometry, POINT(14.7 51.95)) AND kind IN ('town')", "areas")) == 1
    assert found(ask, "part_of IS NOT NULL", "areas") == []


@pytest.mark.parametrize(
    "text",
    [
        "", "name", "name =", "colour = 'red'", "height = 'tall'", "kind > 3", "felled = 1", "kind LIKE height",
        "height LIKE 'x'", "name = kind = 'x'", "S_INTERSECTS(name, POINT(1 1))", "S_INTERSECTS(geometry, geometry)",
        "S_NEAR(geometry, POINT(1 1))", "S_INTERSECTS(geometry, POINT(500 1))", "S_INTERSECTS(geometry, 'x')",
        "S_INTERSECTS(geometry, POLYGON((0 0,1 1)))", "T_AFTER(name, DATE('2020-01-01'))", "T_AFTER(time, 'x')",
        "T_AFTER(time, DATE('2020-13-01'))", "foo(name) = 1", "geometry = 'x'", "height IN ()", "height IN ('a')",
        "(" * 200 + "height = 1" + ")" * 200, "NOT " * 500 + "felled", "height = 1 AND " * 3000 + "felled",
        "name LIKE '" + "%a" * 50 + "'", "S_INTERSECTS(geometry, BBOX(1,2,3))", "ACCENTI(name) = 'x'",
        "height = 1; DROP TABLE features_feature", "name = 'x' -- ", "height > {}", "\ud800"[:0] + "ä ö ü",
    ],
)  # fmt: skip
def test_nonsense_gets_a_clear_answer(client: Client, text: str) -> None:
    answer = client.get(f"/ogc/collections/trees/items?{urlencode({'filter': text})}")
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "tree",
    [
        [], 1, "x", None, {}, {"op": "and"}, {"op": "and", "args": []}, {"op": "=", "args": [1]},
        {"op": "=", "args": [{"property": "height"}, {"property": ["x"]}]}, {"op": "not", "args": [1]},
        {"op": "in", "args": [{"property": "kind"}, "x"]}, {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": ["x", 1]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": ["a", 1, 2, 3]}]},
        {"op": "t_after", "args": [{"property": "time"}, {"interval": [1, 2]}]},
        {"op": "like", "args": [{"property": "name"}, {"property": "kind"}]}, {"args": []},
    ],
)  # fmt: skip
def test_json_that_is_no_cql2_gets_a_clear_answer(client: Client, tree: Json) -> None:
    query = urlencode({"filter": json.dumps(tree), "filter-lang": "cql2-json"})
    answer = client.get(f"/ogc/collections/trees/items?{query}")
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"]


NUMBERS = st.integers(-5, 30).map(lambda n: n / 2)
SIGNS = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<>": lambda a, b: a != b,
}
LEAVES = st.one_of(
    st.tuples(st.sampled_from(sorted(SIGNS)), NUMBERS).map(
        lambda t: ({"op": t[0], "args": [{"property": "height"}, t[1]]}, lambda n: SIGNS[t[0]](n / 2, t[1]))
    ),
    st.sampled_from(KINDS).map(
        lambda kind: ({"op": "=", "args": [{"property": "kind"}, kind]}, lambda n: KINDS[n % 3] == kind)
    ),
    st.tuples(st.integers(0, 50), st.integers(0, 50)).map(
        lambda t: (
            {
                "op": "t_intersects",
                "args": [{"property": "time"}, {"interval": [stamp(min(t)), stamp(max(t))]}],
            },
            lambda n: min(t) <= n <= max(t),
        )
    ),
)


def stamp(hours: int) -> str:
    return (NOON + timedelta(hours=hours)).astimezone(UTC).isoformat().replace("+00:00", "Z")


TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(lambda one: ({"op": "not", "args": [one[0]]}, lambda n: not one[1](n))),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner).map(
            lambda t: (
                {"op": t[0], "args": [t[1][0], t[2][0]]},
                lambda n: (t[1][1](n) and t[2][1](n)) if t[0] == "and" else (t[1][1](n) or t[2][1](n)),
            )
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES)
def test_any_tree_finds_what_python_finds(ask: Ask, tree: Json) -> None:
    text, test = tree
    assert found(ask, json.dumps(text), filter_lang="cql2-json") == trees(test)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_gets_an_answer(client: Client, text: str) -> None:
    try:
        query = urlencode({"filter": text})
    except UnicodeEncodeError:
        return
    assert client.get(f"/ogc/collections/trees/items?{query}").status_code in {200, 400}
    assert (
        client.get(f"/ogc/collections/trees/items?{urlencode({'name': text, 'bbox': text[:9]})}").status_code
        == 400
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.text(alphabet="aK.*+?()[]{}|^$\\/%_-&~# ä'", max_size=12))
def test_a_pattern_means_itself_but_for_its_three_signs(ask: Ask, pattern: str) -> None:
    """What stands before a backslash is plain; no sign of regular expressions has a meaning."""
    plain = "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in pattern)
    tree = {"op": "like", "args": [{"property": "name"}, f"%{plain}%"]}
    expected = trees(lambda n: pattern in f"{NAMES[n % 4]} {n}")
    assert found(ask, json.dumps(tree), filter_lang="cql2-json") == expected
    assert datetime.now(UTC)
