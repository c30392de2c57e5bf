"""Doing the requests of a batch one after the other."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from django.db import Error as DatabaseFault
from django.db import transaction

from stadtkern.observations.granted import Access
from stadtkern.observations.services.durable import durable
from stadtkern.standards.sensorthings.batch.parts import Done, Part
from stadtkern.standards.sensorthings.write.answers import Answer, failed, failure

_REFERENCE = re.compile(r"\$([A-Za-z0-9_.:,;-]+)")
_ENTITY = re.compile(r"([A-Za-z]+)\(([0-9]+)\)\Z")
FAILED = 400
Do = Callable[[Part], Answer]


@dataclass(slots=True)
class _Run:
    """What the requests so far have brought."""

    do: Do
    access: Access
    made: dict[str, tuple[str, int]] = field(default_factory=dict)
    """By name of the request: path and identifier of the entity it made or read."""
    broken: set[str] = field(default_factory=set)
    """Names of requests and groups that failed."""


def run(parts: Sequence[Part], do: Do, access: Access, *, go_on: bool = True) -> list[Done]:
    """Do the requests in order and return their answers.

    Parameters
    ----------
    do
        does one request, in which all references are resolved; its errors are answers.
    go_on
        whether requests after a failed one are done, too.
    """
    work = _Run(do, access)
    answers: list[Done] = []
    for _group, some in groupby(parts, key=lambda part: (part.group, None if part.group else id(part))):
        unit = list(some)
        answers += _together(work, unit) if unit[0].group else [_one(work, unit[0])]
        if not go_on and answers[-1].answer.status >= FAILED:
            break
    return answers


def _one(work: _Run, part: Part) -> Done:
    if waiting := [name for name in part.needs if name in work.broken]:
        answer = failure(424, f"Request {waiting[0][:60]}, on which this one depends, has failed")
    elif part.problem:
        answer = failure(400, part.problem)
    else:
        answer = _resolved(work, part)
    if answer.status >= FAILED:
        work.broken |= {part.name, part.group} - {""}
    elif part.name:
        _remember(work, part, answer)
    return Done(part, answer)


def _resolved(work: _Run, part: Part) -> Answer:
    try:
        return work.do(replace(part, url=_address(work, part.url), body=_body(work, part.body)))
    except _Unknown as error:
        return failure(424, f"There is no request {error} before this one that made an entity")
    except RecursionError:
        return failure(400, "The body is nested too deep")


def _together(work: _Run, unit: Sequence[Part]) -> list[Done]:
    """Do the requests of a group in one transaction: all of them or none."""
    before = dict(work.made)
    answers: list[Done] = []
    try:
        with durable():
            for part in unit:
                answers.append(_one(work, part))
                if answers[-1].answer.status >= FAILED:
                    transaction.set_rollback(True)
                    break
    except DatabaseFault as error:
        # constraints that are checked when the transaction ends
        answers[-1] = Done(answers[-1].part, failed(error, work.access))
    if answers[-1].answer.status < FAILED:
        return answers
    work.made = before
    work.broken |= {part.name for part in unit} | {unit[0].group}
    undone = failure(424, "Nothing of this group was done, as another of its requests failed")
    return [Done(part, undone) for part in unit[: len(answers) - 1]] + [
        answers[-1],
        *(Done(part, undone) for part in unit[len(answers) :]),
    ]


def _remember(work: _Run, part: Part, answer: Answer) -> None:
    """Keep what a request made or read, for those that refer to it."""
    link = answer.headers.get("Location", "")
    if not link and isinstance(answer.body, dict):
        link = str(answer.body.get("@iot.selfLink", ""))
    if match := _ENTITY.search(link):
        work.made[part.name] = (match[0], int(match[2]))


class _Unknown(Exception):
    """A reference leads to no request before."""


def _made(work: _Run, name: str) -> tuple[str, int]:
    if name not in work.made:
        raise _Unknown(name[:60])
    return work.made[name]


def _address(work: _Run, url: str) -> str:
    """Return an address with references resolved: `$1/Datastreams`, `Things($1)`."""
    path, mark, query = url.partition("?")
    first, slash, rest = path.lstrip("/").partition("/")
    if first.startswith("$") and first != "$batch" and _REFERENCE.fullmatch(first):
        path = _made(work, first[1:])[0] + slash + rest
    path = re.sub(r"\(\$([A-Za-z0-9_.:,;-]+)\)", lambda match: f"({_made(work, match[1])[1]})", path)
    return path + mark + query


def _body(work: _Run, value: Any) -> Any:  # noqa: ANN401
    """Return a body in which `{"@iot.id": "$1"}` holds the identifier that was made."""
    if isinstance(value, dict):
        return {name: _identifier(work, name, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_body(work, inner) for inner in value]
    return value


def _identifier(work: _Run, name: str, value: Any) -> Any:  # noqa: ANN401
    if name in {"@iot.id", "FeatureOfInterest/id"} and isinstance(value, str):
        match = _REFERENCE.fullmatch(value)
        return _made(work, match[1])[1] if match else value
    if name in {"@odata.id", "@id"} and isinstance(value, str) and _REFERENCE.fullmatch(value):
        return _made(work, value[1:])[0]
    return _body(work, value)
