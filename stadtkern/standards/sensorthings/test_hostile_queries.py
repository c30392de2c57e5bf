"""Whatever is asked, the answer is a document or a clear error, and it comes in time."""

import time
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from stadtkern.base.errors import Unavailable
from stadtkern.base.odata.functions import FUNCTIONS
from stadtkern.observations.access import access_for
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.conftest import Town
from stadtkern.standards.sensorthings.entities import BY_SET, ENTITY_TYPES
from stadtkern.standards.sensorthings.fixtures import search
from stadtkern.standards.sensorthings.read.context import Context

pytestmark = pytest.mark.django_db(transaction=True)
SLOW = search(150)
FINE = {200, 204, 400, 404}
NAMES = sorted({name for one in ENTITY_TYPES for name in (*one.property_of, *one.link_of)})
VALUES = [
    "1", "-2.5", "1e308", "9223372036854775807", "0", "''", "'x'", "'%'", "'2026-01-01'", "null", "true", "false",
    "2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01", "12:00:00", "now()",
    "2026-01-01T00:00:00Z/P1D", "duration'PT1H'", "duration'-P99999D'", "geography'POINT (14.7 51.9)'",
    "geography'POINT EMPTY'", "geography'POLYGON ((0 0,1 0,1 1,0 0))'", "geography'LINESTRING (0 0,1 1)'",
]  # fmt: skip
STEPS = st.sampled_from([*NAMES, "id", "@iot.id", "x", "properties/height", "result[0]", "parameters/n"])
PATHS = st.lists(STEPS, min_size=1, max_size=3).map("/".join)
LEAVES = st.one_of(PATHS, st.sampled_from(VALUES))
OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "mod", "and", "or"]


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    call = st.sampled_from(sorted(FUNCTIONS)).flatmap(
        lambda name: st.lists(inner, min_size=FUNCTIONS[name][0], max_size=FUNCTIONS[name][1]).map(
            lambda arguments: f"{name}({','.join(arguments)})"
        )
    )
    binary = st.tuples(inner, st.sampled_from(OPERATORS), inner).map(lambda one: f"({' '.join(one)})")
    several = st.lists(inner, min_size=1, max_size=3).map(",".join)
    return st.one_of(
        call,
        binary,
        inner.map(lambda one: f"not ({one})"),
        inner.map(lambda one: f"-({one})"),
        st.tuples(inner, several).map(lambda one: f"({one[0]} in ({one[1]}))"),
        st.tuples(PATHS, inner).map(lambda one: f"{one[0]}/any(x:{one[1]})"),
    )


EXPRESSIONS = st.recursive(LEAVES, _composed, max_leaves=8)
SETS = st.sampled_from(sorted(BY_SET))


def asked(client: Client, address: str) -> int:
    """Return the status of an answer; an error that nobody caught fails the test."""
    answer = client.get("/sta/v1.1/" + address)
    body = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code in FINE, (address, body[:500])
    if answer.status_code >= 400:
        error = answer.json()
        assert error["code"] == answer.status_code
        assert error["message"]
        assert len(error["message"]) < 2000
    return answer.status_code


@SLOW
@given(entity=SETS, expression=EXPRESSIONS)
def test_any_filter(town: Town, client: Client, entity: str, expression: str) -> None:
    asked(client, f"{entity}?$filter={quote(expression)}&$count=true")


@SLOW
@given(entity=SETS, expression=EXPRESSIONS, way=st.sampled_from(["", " asc", " desc"]))
def test_any_order_and_its_next_page(
    town: Town, client: Client, entity: str, expression: str, way: str
) -> None:
    answer = client.get(f"/sta/v1.1/{entity}?$top=1&$orderby={quote(expression + way)}")
    assert answer.status_code in FINE, answer.content
    if following := answer.json().get("@iot.nextLink") if answer.status_code == 200 else None:
        assert client.get(following).status_code == 200


METHODS = st.sampled_from(["sum", "min", "max", "average", "countdistinct"])
WIDTHS = st.sampled_from(["P1D", "PT1H", "P1M", "P1Y", "P1W", "PT7M", "PT0.5S", "P400D"])


ALIASES = st.sampled_from(["s", "properties", "Datastream", "name", "id"])


@SLOW
@given(
    entity=SETS,
    keys=st.lists(PATHS, min_size=1, max_size=3),
    alias=ALIASES,
    order=PATHS | ALIASES,
    options=st.sampled_from(["", "&$top=1", "&$skip=1&$count=true", "&$top=0"]),
)
def test_any_groups_and_their_order(  # noqa: PLR0913, PLR0917
    town: Town, client: Client, entity: str, keys: list[str], alias: str, order: str, options: str
) -> None:
    group = quote(f"groupby(({','.join(keys)}),aggregate($count as {alias}))")
    asked(client, f"{entity}?$apply={group}&$orderby={quote(order)} desc{options}".replace(" ", "%20"))


@SLOW
@given(expression=EXPRESSIONS, method=METHODS, key=PATHS, width=WIDTHS, other=EXPRESSIONS)
def test_any_statistic(  # noqa: PLR0913, PLR0917
    town: Town, client: Client, expression: str, method: str, key: str, width: str, other: str
) -> None:
    group = f"groupby(({key},bucket(phenomenonTime,duration'{width}')),aggregate({expression} with {method} as s))"
    asked(client, "Observations?$apply=" + quote(f"filter({other})/{group}"))
    asked(
        client, "Datastreams?$apply=" + quote(f"groupby(({key}),aggregate({expression} with {method} as s))")
    )


@SLOW
@given(entity=SETS, select=PATHS, expand=PATHS, inner=EXPRESSIONS, top=st.integers(0, 3))
def test_any_select_and_expand(  # noqa: PLR0913, PLR0917
    town: Town, client: Client, entity: str, select: str, expand: str, inner: str, top: int
) -> None:
    options = quote(f"{expand}($filter={inner};$top={top};$count=true;$orderby={select})")
    asked(client, f"{entity}?$select={quote(select)}&$expand={options}")


@SLOW
@given(
    path=st.text(max_size=40)
    | st.lists(STEPS | st.sampled_from(["(1)", "(2)", "/", "$ref", "$value"])).map("".join)
)
def test_any_path(town: Town, client: Client, path: str) -> None:
    asked(client, quote(path))


@SLOW
@given(option=st.sampled_from(["filter", "orderby", "select", "expand", "top", "apply", "skiptoken", "resultFormat"]),
       text=st.text(max_size=60))  # fmt: skip
def test_any_text(town: Town, client: Client, option: str, text: str) -> None:
    asked(client, f"Things?${option}={quote(text, errors='replace')}")


@pytest.mark.parametrize(
    "bomb",
    [
        "$filter=" + "(" * 5000,
        "$filter=" + "not " * 3000 + "true",
        "$filter=" + " or ".join(["name eq 'x'"] * 450),
        "$filter=" + "concat(" * 20 + "name" + ",name)" * 20 + " eq 'x'",
        "$filter=" + "trim(" * 23 + "name" + ")" * 23 + " eq 'x'",
        "$filter=" + "/".join(["Datastreams/Thing"] * 14) + "/name eq 'x'",
        "$filter=" + "1 mod 2 mod 3 mod 4 mod 5 mod 6 mod 7 mod 8 mod 9 mod 10 eq 1",
        "$filter=name eq '" + "x" * 15_000 + "'",
        "$expand=" + "Datastreams($expand=Thing($expand=" * 100,
        "$orderby=" + ",".join(["name"] * 100),
        "$select=" + ",".join(["name"] * 600),
        "$top=" + "9" * 5000,
        "$top=100000000&$count=true",
        "$top=100000000&$expand=Datastreams($top=100000000;$expand=Observations($top=100000000))",
        "$skip=100000000000000000000",
        "$filter=name eq '" + "x" * 1_000_000 + "'",
        "$skiptoken=" + "A" * 10_000,
    ],
)  # fmt: skip
def test_bombs_are_defused(town: Town, client: Client, bomb: str) -> None:
    began = time.perf_counter()
    asked(client, f"Things?{bomb}")
    assert time.perf_counter() - began < 10


def test_a_query_that_takes_too_long_is_stopped(town: Town) -> None:
    slow = Sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"
    )
    context = Context(access_for(), "http://testserver/sta/v1.1", seconds=0.3)
    with pytest.raises(Unavailable, match=r"longer than 0\.3 seconds"):
        context.rows(slow)
    assert context.rows(Sql("SELECT 1")) == [(1,)]
    assert connection.is_usable()
