"""Text becomes a tree or a clear error, and a tree becomes the same text again."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stadtkern.base.odata import (
    Limits,
    QueryError,
    decode,
    parse_expression,
    parse_query,
    parse_resource,
    render_expression,
    render_query,
    render_resource,
)
from stadtkern.base.odata.functions import FUNCTIONS
from stadtkern.base.odata.nodes import (
    Aggregate,
    Binary,
    Boolean,
    Bucket,
    Call,
    Clock,
    Day,
    Duration,
    Expression,
    Filtering,
    Geometry,
    Group,
    Grouping,
    In,
    Instant,
    Null,
    Number,
    Path,
    Period,
    Quantified,
    Resource,
    Segment,
    Text,
    Unary,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("result eq 5", Binary("eq", Path(("result",)), Number(5))),
        ("-2.5e3", Number(-2500.0)),
        ("'it''s'", Text("it's")),
        ("true", Boolean(value=True)),
        ("null", Null()),
        ("2026-01-31T12:00:00Z", Instant(NOON)),
        ("2026-01-31T13:00:00.000+01:00", Instant(NOON)),
        ("2026-01-31T12:00:00Z/P1D", Period(NOON, NOON + timedelta(days=1))),
        ("2026-01-31T12:00:00Z/2026-01-31T12:00:00Z", Period(NOON, NOON)),
        ("2026-01-31", Day(date(2026, 1, 31))),
        ("12:30:00", Clock(time(12, 30))),
        ("duration'-PT1H30M'", Duration(timedelta(hours=-1, minutes=-30))),
        ("geography'POINT (14.7 51.9)'", Geometry("POINT (14.7 51.9)")),
        ("properties/a-b/'c d'[2]", Path(("properties", "a-b", "c d", 2))),
        ("@iot.id", Path(("@iot.id",))),
        ("Datastreams/any()", Quantified(Path(("Datastreams",)), "any", "", None)),
        ("result in (1,2)", In(Path(("result",)), (Number(1), Number(2)))),
        ("now()", Call("now", ())),
        ("GEO.Distance(a,b)", Call("geo.distance", (Path(("a",)), Path(("b",))))),
    ],
)
def test_values_and_paths(text: str, tree: Expression) -> None:
    assert parse_expression(text) == tree


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("a or b and c", "(a or (b and c))"),
        ("not a eq 1 and b", "((not (a eq 1)) and b)"),
        ("1 add 2 mul 3 eq 7", "((1 add (2 mul 3)) eq 7)"),
        ("10 sub 4 sub 3", "((10 sub 4) sub 3)"),
        ("(1 add 2) mul 3", "((1 add 2) mul 3)"),
        ("not(a)", "(not a)"),
        ("a eq 1 or a eq 2 or a eq 3 or a eq 4", "(((a eq 1) or (a eq 2)) or ((a eq 3) or (a eq 4)))"),
    ],
)
def test_precedence(text: str, full: str) -> None:
    assert render_expression(parse_expression(text)) == full


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expected a value"),
        ("result eq", "found the end"),
        ("result eq 'open", "without closing quote"),
        ("result = 5", 'found "= 5"'),
        ("nosuch(1)", 'There is no function "nosuch"'),
        ("length(1,2)", "takes 1 arguments, not 2"),
        ("substring('a')", "takes 2 to 3 arguments"),
        ("2026-13-01T00:00:00Z", "no time of the calendar"),
        ("2026-02-30", "no date of the calendar"),
        ("9" * 500, "too large a number"),
        ("1e999", "too large a number"),
        ("duration'5'", "no duration"),
        ("2026-01-31T12:00:00Z/2025-01-31T12:00:00Z", "ends before it begins"),
        ("a eq 1)", "Expected the end"),
        ("\x00", "control character"),
        ("(" * 500 + "1" + ")" * 500, "deeper than"),
        ("1" + " add 1" * 100, "deeper than"),
        ("not " * 100 + "a", "deeper than"),
        ("x" * 20_000, "longer than"),
        ("a eq 1" + " or a eq 1" * 600, "more than 2000 parts"),
        ("/".join("a" * 40), "more than 30 steps"),
        ("Datastreams/all()", "needs a condition"),
    ],
)
def test_errors_say_what_and_where(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message.replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_expression(text)
    assert caught.value.status == 400
    assert len(str(caught.value)) < 1000


def test_long_chains_of_conditions_are_allowed() -> None:
    text = " or ".join(f"result eq {number}" for number in range(400))
    assert render_expression(parse_expression(text)).count(" or ") == 399


def test_a_plus_is_a_blank_except_before_an_offset() -> None:
    assert decode("result+gt+5") == "result gt 5"
    assert decode("2026-01-31T12:00:00+01:00") == "2026-01-31T12:00:00+01:00"
    assert decode("a%2Bb") == "a+b"
    with pytest.raises(QueryError, match="UTF-8"):
        decode("%ff")


def test_all_options() -> None:
    query = parse_query(
        "$filter=name%20eq%20'a;b'&$orderby=id desc,name&$select=name,properties/a,*&$top=5&$skip=10"
        "&$expand=Datastreams/Observations($top=1;$orderby=phenomenonTime desc;$filter=result in (1,2)),"
        "Locations&$count=true&$resultFormat=dataArray&$asof=2026-01-31T12:00:00Z&other=1"
    )
    assert (query.top, query.skip, query.count, query.result_format) == (5, 10, True, "dataArray")
    assert query.select == (("name",), ("properties", "a"), ("*",))
    assert [one.path for one in query.expand] == [("Datastreams", "Observations"), ("Locations",)]
    assert query.expand[0].query.top == 1
    assert [order.descending for order in query.orderby] == [True, False]
    assert query.as_of == NOON
    assert parse_query(render_query(query)) == query


def test_transformations() -> None:
    query = parse_query(
        "$apply=filter(result gt 0)/groupby((Datastream/name,"
        "bucket(phenomenonTime,duration'P1D','Europe/Berlin') as day),aggregate("
        "result with average as mean,result mul 2 with max as double,$count as n))"
    )
    assert query.apply == (
        Filtering(Binary("gt", Path(("result",)), Number(0))),
        Grouping(
            (
                Group(Path(("Datastream", "name"))),
                Bucket(Path(("phenomenonTime",)), "P1D", "Europe/Berlin", "day"),
            ),
            (
                Aggregate(Path(("result",)), "average", "mean"),
                Aggregate(Binary("mul", Path(("result",)), Number(2)), "max", "double"),
                Aggregate(None, "count", "n"),
            ),
        ),
    )
    assert parse_query(render_query(query)) == query


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$nosuch=1", "There is no option"),
        ("$top=1&$top=2", "given twice"),
        ("$top=-1", "not negative"),
        ("$top=many", "whole number"),
        ("$count=maybe", "true or false"),
        ("$expand=A,A", "expanded twice"),
        ("$expand=A($resultFormat=csv)", "not possible within"),
        ("$expand=" + "A($expand=" * 20 + "B" + ")" * 20, "deeper than 8"),
        ("$expand=" + "/".join("A" * 20), "deeper than 8"),
        ("$expand=" + ",".join(f"A{n}" for n in range(99)), "more than 40 links"),
        ("$apply=groupby((a,a))", "the name a"),
        ("$apply=groupby((bucket(t,duration'PT0S')))", "above zero"),
        ("$apply=aggregate(result with median as m)", "one of sum"),
        ("$asof=yesterday", "Expected a value"),
        ("$filter=" + "%41" * 30_000, "longer than"),
    ],
)
def test_errors_of_options(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        parse_query(text)


def test_a_huge_top_is_a_number() -> None:
    assert parse_query("$top=100000000").top == 100_000_000
    assert parse_query("$top=" + "9" * 30).top == 10**15


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("", Resource(())),
        ("Things", Resource((Segment("Things"),))),
        ("Things(1)/Datastreams(-2)", Resource((Segment("Things", 1), Segment("Datastreams", -2)))),
        ("Things('a%27%27b')", Resource((Segment("Things", "a'b"),))),
        (
            "Observations(3)/result/$value",
            Resource((Segment("Observations", 3), Segment("result")), "$value"),
        ),
        ("Things/$ref", Resource((Segment("Things"),), "$ref")),
        (
            "Things(1)/properties/a%20b",
            Resource((Segment("Things", 1), Segment("properties"), Segment("a b"))),
        ),
    ],
)
def test_resource_paths(text: str, resource: Resource) -> None:
    assert parse_resource(text) == resource
    assert parse_resource(render_resource(resource)) == resource


NO_PATHS = (
    "Things(", "Things(1", "$ref", "Things(99999999999999999999)", "a//b", "$metadata", "Things(1)(2)", "%00",
    "a/" * 40, "Things(1.5)",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_PATHS)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(QueryError):
        parse_resource(text)


WORDS = st.sampled_from(
    [*FUNCTIONS, *"()',/$:;=[]-* x%&ä\x00", "''", "eq", "and", "or", "not", "in", "any", "all",
     "duration'PT1H'", "geography'POINT(1 2)'", "2026-01-31T12:00:00Z", "1", "2.5", "1e9", "Datastreams", "properties",
     "result", "bucket", "groupby", "aggregate", "filter", "with", "as", "$count", "desc", "$filter=",
     "$expand=", "$top="]
)  # fmt: skip
JUNK = st.one_of(
    st.text(max_size=80), st.lists(WORDS, max_size=30).map(" ".join), st.lists(WORDS).map("".join)
)
OPTION = st.sampled_from(["$filter", "$orderby", "$select", "$expand", "$top", "$count", "$apply", "$asof"])


@settings(max_examples=400)
@given(JUNK)
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    try:
        tree = parse_expression(text)
    except QueryError:
        return
    assert parse_expression(render_expression(tree)) == tree


@settings(max_examples=400)
@given(OPTION, JUNK)
def test_any_option_is_a_query_or_an_error(option: str, text: str) -> None:
    try:
        query = parse_query(f"{option}={text}")
    except QueryError:
        return
    assert parse_query(render_query(query)) == query


@given(JUNK)
def test_any_path_is_a_resource_or_an_error(text: str) -> None:
    try:
        resource = parse_resource(text)
    except QueryError:
        return
    assert parse_resource(render_resource(resource)) == resource


NAMES = st.sampled_from(["name", "@iot.id", "properties", "result", "Datastream", "my-key", "größe"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda steps: Path(tuple(steps)))
TIMES = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LEAVES = st.one_of(
    PATHS,
    st.builds(Number, st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(Text, st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)),
    st.builds(Boolean, value=st.booleans()),
    st.just(Null()),
    st.builds(Instant, TIMES),
    st.builds(Duration, st.timedeltas(timedelta(days=-9999), timedelta(days=9999))),
    st.builds(Day, st.dates(date(1000, 1, 1))),
    st.builds(Clock, st.times()),
    st.just(Geometry("POINT (1 2)")),
)


def _composed(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    operators = st.sampled_from(
        ["eq", "ne", "gt", "ge", "lt", "le", "add", "sub", "mul", "div", "mod", "and", "or"]
    )
    return st.one_of(
        st.builds(Binary, operators, inner, inner),
        st.builds(Unary, st.just("not"), inner),
        st.builds(Unary, st.just("-"), PATHS),
        st.builds(In, inner, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(lambda one, two: Call("concat", (one, two)), inner, inner),
        st.builds(Quantified, PATHS, st.sampled_from(["any", "all"]), st.just("x"), inner),
    )


@settings(max_examples=300)
@given(st.recursive(LEAVES, _composed, max_leaves=12))
def test_every_tree_survives_the_way_through_text(tree: Expression) -> None:
    assert parse_expression(render_expression(tree), Limits(depth=99)) == tree
