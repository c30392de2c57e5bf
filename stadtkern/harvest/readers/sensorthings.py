"""SensorThings (OGC 18-088): each Thing is a dataset, its Datastreams are distributions."""

import json
from typing import Any
from urllib.parse import urljoin

from stadtkern.harvest import values
from stadtkern.harvest.found import Found, FoundDistribution, FoundService, Notes
from stadtkern.harvest.readers.base import (
    Ask,
    Page,
    Position,
    Raw,
    ReadError,
    Terms,
    dicts,
    json_of,
    mapping_of,
    with_query,
)


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return a page of things with their series."""
    base = terms.url.partition("?")[0].rstrip("/").removesuffix("/Things")
    url = str(position.get("url") or "")
    if not url:
        query = {
            "$expand": "Datastreams($expand=ObservedProperty),Locations",
            "$top": terms.page_size,
            "$count": "true",
            "$orderby": "id",
        }
        url = with_query(f"{base}/Things", **({**query, "$filter": terms.filter} if terms.filter else query))
    answer = ask(url, accept="application/json")
    body = mapping_of(json_of(answer), "the answer")
    if not isinstance(body.get("value"), list):
        raise ReadError("format", "no list of Things")
    following = body.get("@iot.nextLink")
    total = body.get("@iot.count")
    return Page(
        [_record(one, base, terms) for one in dicts(body["value"])],
        {"url": urljoin(answer.url, str(following))} if following else None,
        total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def _name(entity: dict[str, Any], base: str, kind: str) -> str:
    """Return the address of an entity: its own link, or made of its identifier."""
    number = entity.get("@iot.id")
    quoted = str(number) if isinstance(number, int) else "'" + str(number).replace("'", "''") + "'"
    return values.line(
        entity.get("@iot.selfLink") or (f"{base}/{kind}({quoted})" if number is not None else ""), 500
    )


def _record(thing: dict[str, Any], base: str, terms: Terms) -> Raw:
    notes = Notes()
    identifier = _name(thing, base, "Things")
    if not identifier:
        return Raw("", None, notes, "unreadable", "no @iot.id")
    streams = dicts(thing.get("Datastreams"))
    told = thing.get("properties")
    properties: dict[str, Any] = told if isinstance(told, dict) else {}
    start, end = _time(streams, notes)
    given = [str(properties[name]) for name in ("license", "licence") if properties.get(name)]
    licence = terms.licence(given, notes) if given else ""
    found = Found(
        identifier=identifier,
        title=values.texts(thing.get("name"), terms.language),
        description=values.texts(thing.get("description"), terms.language),
        keywords=[(word, terms.language) for word in _words(streams)],
        extent=_extent(thing, notes),
        temporal_start=start,
        temporal_end=end,
        language=terms.language,
        landing_page=values.address(identifier, notes, 500),
        distributions=[_distribution(one, base, licence, terms) for one in streams],
        services=[
            FoundService(
                identifier=base,
                title=values.texts("SensorThings API", terms.language),
                endpoint_url=base,
            )
        ],
        extra={"sensorthings": properties} if properties else {},
    )
    return Raw(identifier, found, notes)


def _words(streams: list[dict[str, Any]]) -> list[str]:
    named = (stream.get("ObservedProperty") for stream in streams)
    return values.unique(values.line(one.get("name"), 100) for one in named if isinstance(one, dict))


def _time(streams: list[dict[str, Any]], notes: Notes) -> tuple[str, str]:
    """Return when the first series begins and the last one ends; an open end stays open."""
    periods = [str(one["phenomenonTime"]).partition("/") for one in streams if one.get("phenomenonTime")]
    starts = [found for start, _, _ in periods if (found := values.moment(start, notes))]
    return (min(starts) if starts else ""), ""  # measuring goes on: an end would change at each look


def _extent(thing: dict[str, Any], notes: Notes) -> str:
    shapes = [
        json.dumps(one["location"])
        for one in dicts(thing.get("Locations"))
        if isinstance(one.get("location"), dict)
    ]
    return values.extent_of(shapes, notes) if shapes else ""


def _distribution(stream: dict[str, Any], base: str, licence: str, terms: Terms) -> FoundDistribution:
    address = values.address(_name(stream, base, "Datastreams"), Notes())
    unit = stream.get("unitOfMeasurement")
    symbol = values.line(unit.get("symbol"), 30) if isinstance(unit, dict) else ""
    name = values.line(stream.get("name"), 200)
    return FoundDistribution(
        identifier=values.line(address or name, 500),
        title=values.texts(f"{name} ({symbol})" if symbol else name, terms.language),
        description=values.texts(stream.get("description"), terms.language),
        access_url=f"{address}/Observations" if address else "",
        format="JSON",
        media_type="application/json",
        licence=licence,
    )
