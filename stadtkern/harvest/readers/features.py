"""OGC API Features (OGC 17-069r4): each collection of a service is a dataset."""

from typing import Any
from urllib.parse import urljoin

from stadtkern.harvest import values, vocabulary
from stadtkern.harvest.found import Found, FoundDistribution, FoundService, Notes
from stadtkern.harvest.readers.base import (
    Ask,
    Asked,
    Page,
    Position,
    Raw,
    ReadError,
    Terms,
    agent,
    dicts,
    json_of,
    mapping_of,
    words_of,
)
from stadtkern.harvest.readers.records import next_page


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return the collections of a service."""
    url = str(position.get("url") or f"{_base(terms)}/collections?f=json")
    answer = ask(url, accept="application/json")
    body = mapping_of(json_of(answer), "the list of collections")
    if not isinstance(body.get("collections"), list):
        raise ReadError("format", "no list of collections")
    return Page([_record(one, answer, terms) for one in dicts(body["collections"])], next_page(body, answer))


def _base(terms: Terms) -> str:
    return terms.url.partition("?")[0].rstrip("/").removesuffix("/collections")


def _record(said: dict[str, Any], answer: Asked, terms: Terms) -> Raw:
    notes = Notes()
    name = values.line(said.get("id"), 300)
    if not name:
        return Raw("", None, notes, "unreadable", "no id")
    address = f"{_base(terms)}/collections/{name}"
    links = dicts(said.get("links"))
    given = [str(link.get("href")) for link in links if link.get("rel") == "license"]
    extent = said.get("extent") if isinstance(said.get("extent"), dict) else {}
    start, end = _interval(extent, notes)
    found = Found(
        identifier=address,
        title=values.texts(said.get("title") or name, terms.language),
        description=values.texts(said.get("description"), terms.language),
        publisher=agent(said.get("attribution"), terms.language),
        keywords=[(values.line(word, 100), terms.language) for word in words_of(said)],
        extent=_box(extent, notes),
        temporal_start=start,
        temporal_end=end,
        language=terms.language,
        landing_page=address,
    )
    licence = terms.licence(given, notes) if given else ""
    found.distributions = list(_files(links, answer, licence, address, terms, notes))
    found.services = [
        FoundService(
            identifier=_base(terms),
            title=values.texts("OGC API Features", terms.language),
            endpoint_url=_base(terms),
            endpoint_description=f"{_base(terms)}/api",
        )
    ]
    return Raw(address, found, notes)


def _box(extent: Any, notes: Notes) -> str:  # noqa: ANN401  # as JSON
    spatial = extent.get("spatial")
    boxes = spatial.get("bbox") if isinstance(spatial, dict) else None
    first = boxes[0] if isinstance(boxes, list) and boxes else None
    if not isinstance(first, list) or len(first) not in {4, 6}:
        return ""
    if len(first) == 6:  # noqa: PLR2004  # with heights
        first = [first[0], first[1], first[3], first[4]]
    return values.box_of(first, notes)


def _interval(extent: Any, notes: Notes) -> tuple[str, str]:  # noqa: ANN401  # as JSON
    temporal = extent.get("temporal")
    intervals = temporal.get("interval") if isinstance(temporal, dict) else None
    first = intervals[0] if isinstance(intervals, list) and intervals else None
    if not isinstance(first, list) or len(first) != 2:  # noqa: PLR2004  # begin and end
        return "", ""
    return values.period(first[0], first[1], notes)


def _files(  # noqa: PLR0913, PLR0917  # what files inherit
    links: list[dict[str, Any]], answer: Asked, licence: str, address: str, terms: Terms, notes: Notes
) -> list[FoundDistribution]:
    """Return a distribution for each format of the items, and for each file linked."""
    found: list[FoundDistribution] = []
    for link in links:
        rel = str(link.get("rel", "")).rpartition("/")[2]
        if rel not in {"items", "enclosure", "data"}:
            continue
        url = values.address(urljoin(answer.url, str(link.get("href", ""))), notes)
        known = vocabulary.file_format(link.get("type"))
        if not url:
            continue
        found.append(
            FoundDistribution(
                identifier=values.line(url, 500),
                title=values.texts(values.line(link.get("title"), 300), terms.language),
                access_url=url,
                download_url="" if known and known.code == "HTML" else url,
                format=known.code if known else "",
                media_type=vocabulary.media_type(link.get("type")) or (known.media_type if known else ""),
                licence=licence,
            )
        )
    if not found:
        url = f"{address}/items?f=json"
        found.append(
            FoundDistribution(
                identifier=url,
                access_url=url,
                download_url=url,
                format="GEOJSON",
                media_type="application/geo+json",
                licence=licence,
            )
        )
    return found
