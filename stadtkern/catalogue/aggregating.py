"""Reads what an address wants summed up: `_by=year:year,district` and `_measure=sum:cost,count`."""

from collections.abc import Sequence
from typing import cast, get_args

from django.http import QueryDict

from stadtkern.base.errors import BadInput
from stadtkern.catalogue.asking import known
from stadtkern.tables import Aggregate, Bucket, Column, Group, Measure

BUCKETS: tuple[str, ...] = get_args(Bucket)
MEASURES: tuple[str, ...] = get_args(Measure)
NUMBERS_ONLY = frozenset({"sum", "mean", "median"})
TIMES = frozenset({"date", "datetime"})
MOST_GROUPS, MOST_MEASURES = 2, 8
MOST_LIMIT = 10_000


def aggregate_of(parameters: QueryDict, columns: Sequence[Column]) -> Aggregate:
    """Return what is to be summed up.

    Raises
    ------
    BadInput
        if a column, bucket or measure is unknown or they do not go together.
    """
    by_name = {one.name: one for one in columns}
    groups = [_group(part, by_name, columns) for part in _parts(parameters.get("_by", ""))]
    measures = [_measure(part, by_name, columns) for part in _parts(parameters.get("_measure", "count"))]
    if len(groups) > MOST_GROUPS or len(measures) > MOST_MEASURES:
        raise BadInput(f"At most {MOST_GROUPS} groups and {MOST_MEASURES} measures.")
    text = parameters.get("_limit", "1000")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_LIMIT:
        raise BadInput(f"`_limit` lies between 1 and {MOST_LIMIT}.")
    largest = parameters.get("_largest_first", "") in {"1", "true", "yes"}
    return Aggregate(tuple(groups), tuple(measures), int(text), is_largest_first=largest)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _group(part: str, by_name: dict[str, Column], columns: Sequence[Column]) -> Group:
    name, _colon, bucket = part.partition(":")
    known([name], columns)
    if bucket not in BUCKETS:
        raise BadInput(f"There is no bucket {bucket[:50]!r}; there are: {', '.join(BUCKETS[1:])}.")
    kind = by_name[name].kind
    if bucket == "bins" and kind not in {"integer", "number"}:
        raise BadInput(f"Only numbers are cut into bins; {name!r} holds {kind}.")
    if bucket not in {"", "bins"} and kind not in TIMES:
        raise BadInput(f"Only times are cut into {bucket}s; {name!r} holds {kind}.")
    return Group(name, cast("Bucket", bucket))


def _measure(part: str, by_name: dict[str, Column], columns: Sequence[Column]) -> tuple[Measure, str]:
    what, _colon, name = part.partition(":")
    if what not in MEASURES:
        raise BadInput(f"There is no measure {what[:50]!r}; there are: {', '.join(MEASURES)}.")
    if what == "count" and not name:
        return "count", ""
    if not name:
        raise BadInput(f"Name the column: `{what}:column`.")
    known([name], columns)
    if what in NUMBERS_ONLY and by_name[name].kind not in {"integer", "number"}:
        raise BadInput(f"The {what} needs numbers; {name!r} holds {by_name[name].kind}.")
    return cast("Measure", what), name
