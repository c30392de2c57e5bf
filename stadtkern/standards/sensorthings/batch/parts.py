"""The requests within a batch, however they were written, and what became of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stadtkern.base.errors import StadtkernError
from stadtkern.standards.sensorthings.write.answers import Answer

MOST = 1_000
"""Requests in one batch."""
METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})


class BadBatch(StadtkernError):
    """The batch as a whole cannot be understood; nothing of it was done."""

    status = 400


class TooMany(StadtkernError):
    """The batch has more requests than one may have."""

    status = 413


@dataclass(frozen=True, slots=True)
class Part:
    """One request.

    Parameters
    ----------
    name
        by which others refer to it (`id`, Content-ID); empty: none.
    method, url
        the address as it was written, perhaps beginning with a reference such as `$1`.
    headers
        by their names in lower case.
    body
        decoded JSON; None: none.
    group
        requests of one group are done together or not at all; empty: alone.
    needs
        names of requests and groups that have to succeed before.
    problem
        why it cannot be done at all; empty: it can.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    group: str = ""
    needs: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """A request and its answer."""

    part: Part
    answer: Answer


def check(parts: Iterable[Part]) -> list[Part]:
    """Return the parts if the batch as a whole makes sense.

    Raises
    ------
    BadBatch
        Names what does not: repeated names, scattered groups, needs that do not come before.
    """
    found = list(parts)
    if len(found) > MOST:
        raise TooMany(f"The batch has {len(found)} requests; at most {MOST} are taken")
    names: set[str] = set()
    groups: list[str] = []
    for part in found:
        if part.name and part.name in names:
            raise BadBatch(f"Two requests of the batch have the id {part.name[:60]}")
        if missing := [one for one in part.needs if one not in names and one not in groups]:
            raise BadBatch(
                f"Request {part.name[:60]} depends on {missing[0][:60]}, which does not come before it"
            )
        names.add(part.name)
        if part.group and part.group in groups[:-1]:
            raise BadBatch(f"The requests of the group {part.group[:60]} do not stand side by side")
        if not groups or groups[-1] != part.group:
            groups.append(part.group)
    return found
