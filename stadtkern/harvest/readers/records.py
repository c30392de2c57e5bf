"""OGC API Records (OGC 20-004): the items of a collection of records."""

import json
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
    with_query,
    words_of,
)

_FILES = {"enclosure", "item", "data", "distribution", "download"}
_ABOUT = {
    "self",
    "collection",
    "next",
    "prev",
    "root",
    "alternate",
    "license",
    "canonical",
    "parent",
    "service-desc",
}
_OWN = {
    *("title", "description", "keywords", "themes", "language", "created", "updated", "contacts", "license"),
    *("type", "formats", "externalIds", "recordCreated", "recordUpdated", "rights", "extent", "name"),
}


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return a page of records."""
    url = str(position.get("url") or "")
    if not url:
        words = dict(part.split("=", 1) for part in terms.filter.split("&") if "=" in part)
        url = with_query(terms.url, **{"limit": terms.page_size, **words})
    answer = ask(url, accept="application/geo+json, application/json;q=0.9")
    body = mapping_of(json_of(answer), "the collection")
    if not isinstance(body.get("features"), list):
        raise ReadError("format", "no list of features; the address of the items of a collection is needed")
    total = body.get("numberMatched")
    return Page(
        [record_of(one, answer, terms) for one in dicts(body["features"])],
        next_page(body, answer),
        total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def next_page(body: dict[str, Any], answer: Asked) -> Position | None:
    """Return where the link `next` leads."""
    for link in dicts(body.get("links")):
        if link.get("rel") == "next" and link.get("href"):
            return {"url": urljoin(answer.url, str(link["href"]))}
    return None


def record_of(feature: dict[str, Any], answer: Asked, terms: Terms) -> Raw:
    """Return a record in our terms."""
    notes = Notes()
    told = feature.get("properties")
    said: dict[str, Any] = told if isinstance(told, dict) else {}
    identifier = values.line(feature.get("id"), 500)
    if not identifier:
        return Raw("", None, notes, "unreadable", "no id")
    named = said.get("language")
    code = values.language(named.get("code") if isinstance(named, dict) else named)
    language = values.shown_language(code, terms.language)
    start, end = _time(feature.get("time"), notes)
    found = Found(
        identifier=identifier,
        names=values.unique(values.line(one.get("value"), 500) for one in dicts(said.get("externalIds"))),
        title=values.texts(said.get("title") or said.get("name"), language),
        description=values.texts(said.get("description"), language),
        keywords=[(values.line(word, 100), language) for word in words_of(said)],
        themes=_themes(said, notes),
        extent=_extent(feature, notes),
        temporal_start=start,
        temporal_end=end,
        language=code or terms.language,
        issued=values.moment(said.get("created"), notes),
        modified=values.moment(said.get("updated"), notes),
        extra={"records": rest} if (rest := {k: v for k, v in said.items() if k not in _OWN}) else {},
    )
    _name_people(found, said, language)
    links = [*dicts(feature.get("links")), *dicts(said.get("links"))]
    given = [str(said["license"])] if said.get("license") else []
    given += [str(link.get("href")) for link in links if link.get("rel") == "license"]
    licence = terms.licence(given, notes) if given else ""
    _link(found, links, licence, answer, language, notes)
    return Raw(identifier, found, notes)


def _time(told: object, notes: Notes) -> tuple[str, str]:
    if not isinstance(told, dict):
        return "", ""
    interval = told.get("interval")
    if isinstance(interval, list) and len(interval) == 2:  # noqa: PLR2004  # begin and end
        start, end = ("" if one in ("..", None) else one for one in interval)
        return values.period(start, end, notes)
    single = told.get("date") or told.get("timestamp")
    return values.period(single, single, notes) if single else ("", "")


def _themes(said: dict[str, Any], notes: Notes) -> list[str]:
    found: list[str] = []
    for theme in dicts(said.get("themes")):
        for concept in dicts(theme.get("concepts")):
            word = concept.get("url") or concept.get("id")
            codes = vocabulary.themes(word)
            found += codes
            if not codes:
                notes.add("unknown-theme", word or "")
    return values.unique(found)


def _extent(feature: dict[str, Any], notes: Notes) -> str:
    shape = feature.get("geometry")
    return values.extent_of([json.dumps(shape)], notes) if isinstance(shape, dict) else ""


def _name_people(found: Found, said: dict[str, Any], language: str) -> None:
    contacts = dicts(said.get("contacts"))
    by_role = {
        role: one for one in reversed(contacts) for role in one.get("roles", []) if isinstance(role, str)
    }
    publisher = by_role.get("publisher") or by_role.get("owner") or (contacts[0] if contacts else {})
    contact = by_role.get("pointOfContact") or by_role.get("contact") or (contacts[0] if contacts else {})
    found.publisher = agent(publisher.get("organization") or publisher.get("name"), language)
    found.contact_name = values.line(contact.get("name") or contact.get("organization"), 200)
    mails = [values.mail(one.get("value")) for one in dicts(contact.get("emails"))]
    found.contact_email = next((one for one in mails if one), "")


def _link(  # noqa: PLR0913, PLR0917  # what links inherit
    found: Found, links: list[dict[str, Any]], licence: str, answer: Asked, language: str, notes: Notes
) -> None:
    """Make distributions and services of the links of a record."""
    for link in links:
        rel = str(link.get("rel", ""))
        url = values.address(urljoin(answer.url, str(link.get("href", ""))), notes)
        if not url or rel in _ABOUT:
            continue
        known = vocabulary.file_format(link.get("type"), url.partition("?")[0].rpartition("/")[2])
        title = values.texts(values.line(link.get("title"), 300), language)
        if rel == "service" or (known and known.code in {"WMS_SRVC", "WFS_SRVC"}):
            found.services.append(
                FoundService(
                    identifier=url,
                    title=title or dict(found.title),
                    endpoint_url=url.partition("?")[0],
                    licence=licence,
                )
            )
        elif rel in {"describedby", "about", "related", "help"}:
            found.landing_page = found.landing_page or (url if len(url) <= 500 else "")  # noqa: PLR2004
            continue
        found.distributions.append(
            FoundDistribution(
                identifier=values.line(url, 500),
                title=title,
                access_url=url,
                download_url=url if rel in _FILES else "",
                format=known.code if known else "",
                media_type=vocabulary.media_type(link.get("type")) or (known.media_type if known else ""),
                licence=licence,
                byte_size=values.size(link.get("length")),
            )
        )
