"""CKAN: `package_search`, or `current_package_list_with_resources` where there is no search."""

from collections.abc import Mapping
from typing import Any

from stadtkern.base.http import FetchError
from stadtkern.harvest import values, vocabulary
from stadtkern.harvest.found import Found, FoundDistribution, Notes
from stadtkern.harvest.readers.base import (
    Ask,
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
)

_NOT_FOUND = {400, 404, 405, 409}
_OWN = {
    *("id", "name", "title", "notes", "url", "author", "author_email", "maintainer", "maintainer_email"),
    *("resources", "tags", "groups", "organization", "extras", "license_id", "license_title", "license_url"),
    *("metadata_created", "metadata_modified", "state", "private", "type", "language", "issued", "modified"),
    *("owner_org", "creator_user_id", "revision_id", "num_tags", "num_resources", "isopen"),
    *("relationships_as_object", "relationships_as_subject", "frequency", "temporal_start", "temporal_end"),
    *("theme", "spatial", "identifier", "uri", "publisher_name", "publisher_uri", "publisher_email"),
    *("contact_name", "contact_email", "version"),
}
"""Fields that have a place here, or that only matter inside CKAN."""
_OWN_RESOURCE = {
    *("id", "name", "description", "url", "format", "mimetype", "size", "hash", "created", "last_modified"),
    *("position", "state", "package_id", "revision_id", "license", "license_id", "metadata_modified"),
    *("download_url", "access_url", "cache_url", "cache_last_updated", "mimetype_inner", "datastore_active"),
    *("resource_type", "url_type", "issued", "modified", "rights"),
}


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return a page of packages."""
    start = int(position.get("start", 0))
    if position.get("mode", "search") == "search":
        try:
            return _search(ask, terms, start)
        except FetchError as error:
            if start or error.status not in _NOT_FOUND:
                raise
    return _listed(ask, terms, start)


def _action(terms: Terms, name: str, **query: object) -> str:
    base = terms.url.partition("?")[0].partition("#")[0].rstrip("/")
    base = base.partition("/api/3")[0].removesuffix("/dataset")
    return with_query(f"{base}/api/3/action/{name}", **query)


def _result(ask: Ask, url: str) -> Any:  # noqa: ANN401  # as JSON
    answer = mapping_of(json_of(ask(url, accept="application/json")), "the answer")
    if answer.get("success") is not True or "result" not in answer:
        raise ReadError("format", f"CKAN reports: {answer.get('error', 'no result')}")
    return answer["result"]


def _search(ask: Ask, terms: Terms, start: int) -> Page:
    # by identifier, which never changes: what is changed meanwhile does not move to another page
    query: dict[str, object] = {"rows": terms.page_size, "start": start, "sort": "id asc"}
    if terms.filter:
        query["fq"] = terms.filter
    result = mapping_of(_result(ask, _action(terms, "package_search", **query)), "result")
    packages = dicts(result.get("results"))
    total = result.get("count")
    total = total if isinstance(total, int) and not isinstance(total, bool) else None
    following = start + len(packages)
    has_more = bool(packages) and (total is None or following < total)
    return Page(
        [_record(package, terms) for package in packages],
        {"mode": "search", "start": following} if has_more else None,
        total,
    )


def _listed(ask: Ask, terms: Terms, start: int) -> Page:
    url = _action(terms, "current_package_list_with_resources", limit=terms.page_size, offset=start)
    packages = dicts(_result(ask, url))
    has_more = len(packages) >= terms.page_size
    following = {"mode": "list", "start": start + len(packages)} if has_more else None
    return Page([_record(package, terms) for package in packages], following)


def _record(package: Mapping[str, Any], terms: Terms) -> Raw:
    """Return one package in our terms."""
    notes = Notes()
    extras = {str(one.get("key")): one.get("value") for one in dicts(package.get("extras")) if one.get("key")}
    said = {**extras, **{name: value for name, value in package.items() if value not in (None, "", [])}}
    identifier = values.line(said.get("id") or said.get("name"), 500)
    if not identifier:
        return Raw("", None, notes, "unreadable", "no id")
    if said.get("private") is True or said.get("state", "active") not in {"active", None}:
        return Raw(identifier, None, notes, "private")
    licence = terms.licence(
        [values.line(said.get(name), 300) for name in ("license_url", "license_id", "license_title")], notes
    )
    language = values.shown_language(values.language(said.get("language")), terms.language)
    start, end = values.period(
        said.get("temporal_start") or said.get("temporal_coverage_from"),
        said.get("temporal_end") or said.get("temporal_coverage_to"),
        notes,
    )
    found = Found(
        identifier=identifier,
        names=values.unique(
            values.line(said.get(name), 500) for name in ("uri", "identifier", "guid", "metadata_original_id")
        ),
        title=values.texts(said.get("title") or said.get("name"), language),
        description=values.texts(said.get("notes"), language),
        contact_name=values.line(
            said.get("contact_name") or said.get("maintainer") or said.get("author"), 200
        ),
        contact_email=values.mail(
            said.get("contact_email") or said.get("maintainer_email") or said.get("author_email")
        ),
        keywords=[
            (values.line(tag.get("display_name") or tag.get("name"), 100), language)
            for tag in dicts(package.get("tags"))
        ],
        themes=_themes(said, notes),
        extent=values.extent_of([str(said["spatial"])], notes) if said.get("spatial") else "",
        temporal_start=start,
        temporal_end=end,
        frequency=vocabulary.frequency(said.get("frequency")),
        language=values.language(said.get("language")) or terms.language,
        landing_page=values.address(said.get("url"), notes, 500) if said.get("url") else "",
        issued=values.moment(said.get("issued") or said.get("metadata_created"), notes),
        modified=values.moment(said.get("modified") or said.get("metadata_modified"), notes),
        extra=_rest(said),
    )
    _name_publisher(found, said, language)
    found.distributions = [
        one
        for number, resource in enumerate(dicts(package.get("resources")))
        if (one := _distribution(resource, licence, number, language, terms, notes))
    ]
    return Raw(identifier, found, notes)


def _themes(said: Mapping[str, Any], notes: Notes) -> list[str]:
    """Return themes of groups and of the field `theme`."""
    words = [values.line(group.get("name"), 200) for group in dicts(said.get("groups"))]
    given = said.get("theme")
    if isinstance(given, str):
        words += words_of(given)
    elif isinstance(given, list):
        words += [values.line(one, 200) for one in given]
    found: list[str] = []
    for word in values.unique(words):
        codes = vocabulary.themes(word)
        found += codes
        if not codes:
            notes.add("unknown-theme", word)
    return values.unique(found)


def words_of(given: str) -> list[str]:
    """Return the words of a list that CKAN stores as JSON or as text with commas."""
    return [word.strip(" \"'[]{}") for word in given.replace(";", ",").split(",") if word.strip(" \"'[]{}")]


def _name_publisher(found: Found, said: Mapping[str, Any], language: str) -> None:
    organisation = said.get("organization")
    named = organisation if isinstance(organisation, dict) else {}
    notes = Notes()
    name = said.get("publisher_name") or named.get("title") or named.get("name") or said.get("author")
    uri = values.address(said.get("publisher_uri"), notes, 500) if said.get("publisher_uri") else ""
    found.publisher = agent(name, language, uri=uri, email=values.mail(said.get("publisher_email")))


def _rest(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has no place here."""
    rest = {
        name: value for name, value in said.items() if name not in _OWN and value not in (None, "", [], {})
    }
    groups = [
        word
        for group in dicts(said.get("groups"))
        if (word := values.line(group.get("name"), 200)) and not vocabulary.themes(word)
    ]
    return {"ckan": {**rest, **({"groups": groups} if groups else {})}} if rest or groups else {}


def _distribution(  # noqa: PLR0913, PLR0917  # what a resource inherits
    resource: Mapping[str, Any], licence: str, number: int, language: str, terms: Terms, notes: Notes
) -> FoundDistribution | None:
    if resource.get("state", "active") not in {"active", None}:
        return None
    own = values.unique(values.line(resource.get(name), 300) for name in ("license", "license_id"))
    known = vocabulary.file_format(resource.get("format"), resource.get("mimetype"))
    if known is None and resource.get("format"):
        notes.add("unknown-format", resource["format"])
    url = values.address(resource.get("url"), notes)
    rest = {
        name: value
        for name, value in resource.items()
        if name not in _OWN_RESOURCE and value not in (None, "", [], {})
    }
    if known is None and resource.get("format"):
        rest["format"] = resource["format"]
    if not url:
        rest["url"] = values.text(resource.get("url"), 2000)
    is_service = known is not None and known.code in {"WMS_SRVC", "WFS_SRVC", "HTML"}
    return FoundDistribution(
        identifier=values.line(resource.get("id") or resource.get("url") or number, 500),
        title=values.texts(resource.get("name"), language),
        description=values.texts(resource.get("description"), language),
        access_url=url,
        download_url="" if is_service else url,
        format=known.code if known else "",
        media_type=vocabulary.media_type(resource.get("mimetype")) or (known.media_type if known else ""),
        licence=terms.licence(own, notes) if own else licence,
        byte_size=values.size(resource.get("size")),
        checksum=values.sha256(resource.get("hash")),
        issued=values.moment(resource.get("created"), notes),
        modified=values.moment(resource.get("last_modified") or resource.get("modified"), notes),
        extra={"ckan": rest} if rest else {},
    )
