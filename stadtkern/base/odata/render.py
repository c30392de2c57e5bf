"""Syntax trees back into text; parsing the text gives the same tree."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from stadtkern.base.odata import nodes
from stadtkern.base.odata.nodes import Expression, Query, Resource, Transformation

_PLAIN = re.compile(r"@?\w[\w\-]*(?:\.\w[\w\-]*)*")
_SAFE = "$()/:;,=*@'-._~!"


def render_expression(expression: Expression) -> str:
    """Return `expression` as text, with parentheses around all that is composed."""
    return _RENDER[type(expression)](expression)


def render_resource(resource: Resource) -> str:
    """Return a resource path, percent-encoded."""
    parts = [quote(one.name, safe=_SAFE) + _key(one.key) for one in resource.segments]
    return "/".join([*parts, *([resource.suffix] if resource.suffix else [])])


def _key(key: int | str | None) -> str:
    if key is None:
        return ""
    return f"({key})" if isinstance(key, int) else f"({quote(_text(key), safe=_KEY_SAFE)})"


_KEY_SAFE = "$:;,=*@'-._~!"


def render_query(query: Query) -> str:
    """Return the query part of an address, percent-encoded."""
    return "&".join(f"{name}={quote(value, safe=_SAFE)}" for name, value in _options(query))


def _options(query: Query) -> list[tuple[str, str]]:
    """Return name and text of each option that is given."""
    found: list[tuple[str, str | None]] = [
        ("$apply", "/".join(map(_transformation, query.apply))),
        ("$filter", render_expression(query.filter) if query.filter else None),
        ("$orderby", ",".join(map(_order, query.orderby))),
        ("$select", ",".join(map(_steps, query.select))),
        ("$expand", ",".join(map(_expand, query.expand))),
        ("$top", None if query.top is None else str(query.top)),
        ("$skip", None if query.skip is None else str(query.skip)),
        ("$count", None if query.count is None else str(query.count).lower()),
        ("$resultFormat", _text(query.result_format) if query.result_format else None),
        ("$asof", None if query.as_of is None else _time(query.as_of)),
        ("$skiptoken", _text(query.skip_token) if query.skip_token else None),
    ]
    return [(name, value) for name, value in found if value]


def _order(order: nodes.Order) -> str:
    return render_expression(order.expression) + (" desc" if order.descending else "")


def _expand(expand: nodes.Expand) -> str:
    inner = ";".join(f"{name}={value}" for name, value in _options(expand.query))
    return "/".join(expand.path) + (f"({inner})" if inner else "")


def _transformation(one: Transformation) -> str:
    if isinstance(one, nodes.Filtering):
        return f"filter({render_expression(one.condition)})"
    aggregates = ",".join(map(_aggregate, one.aggregates))
    if not one.keys:
        return f"aggregate({aggregates})"
    keys = ",".join(map(_group, one.keys))
    return f"groupby(({keys}),aggregate({aggregates}))" if aggregates else f"groupby(({keys}))"


def _group(key: nodes.Group | nodes.Bucket) -> str:
    if isinstance(key, nodes.Group):
        return _steps(key.path.steps)
    return f"bucket({_steps(key.path.steps)},duration'{key.width}',{_text(key.zone)}) as {key.alias}"


def _aggregate(one: nodes.Aggregate) -> str:
    if one.expression is None:
        return f"$count as {one.alias}"
    return f"{render_expression(one.expression)} with {one.method} as {one.alias}"


def _steps(steps: tuple[str | int, ...]) -> str:
    """Return a path; steps that are no names stand in quotes, places in a list in brackets."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif text:
            text += "/" + (step if _PLAIN.fullmatch(step) else _text(step))
        else:
            text = step
    return text


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _time(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _duration(length: timedelta) -> str:
    sign = "-" if length < timedelta() else ""
    length = abs(length)
    fraction = f"{length.microseconds:06}"
    return f"duration'{sign}P{length.days}DT{length.seconds}.{fraction}S'"


def _number(one: nodes.Number) -> str:
    return repr(one.value)


def _composed(one: nodes.Binary) -> str:
    return f"({render_expression(one.left)} {one.operator} {render_expression(one.right)})"


def _unary(one: nodes.Unary) -> str:
    inner = render_expression(one.operand)
    return f"(not {inner})" if one.operator == "not" else f"(-{inner})"


def _quantified(one: nodes.Quantified) -> str:
    inner = "" if one.condition is None else f"{one.variable}:{render_expression(one.condition)}"
    return f"{_steps(one.path.steps)}/{one.kind}({inner})"


_RENDER: dict[type, Callable[[Any], str]] = {
    nodes.Null: lambda _one: "null",
    nodes.Boolean: lambda one: str(one.value).lower(),
    nodes.Number: _number,
    nodes.Text: lambda one: _text(one.value),
    nodes.Instant: lambda one: _time(one.value),
    nodes.Period: lambda one: f"{_time(one.start)}/{_time(one.end)}",
    nodes.Day: lambda one: one.value.isoformat(),
    nodes.Clock: lambda one: one.value.isoformat(),
    nodes.Duration: lambda one: _duration(one.value),
    nodes.Geometry: lambda one: f"geography{_text(one.wkt)}",
    nodes.Path: lambda one: _steps(one.steps),
    nodes.Call: lambda one: f"{one.name}({','.join(map(render_expression, one.arguments))})",
    nodes.Unary: _unary,
    nodes.Binary: _composed,
    nodes.In: lambda one: (
        f"({render_expression(one.operand)} in ({','.join(map(render_expression, one.choices))}))"
    ),
    nodes.Quantified: _quantified,
}
