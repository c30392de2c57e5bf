"""CSW 2.0.2 (OGC 07-006r1) with records in ISO 19139."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stadtkern.harvest import values, vocabulary
from stadtkern.harvest.found import Found, FoundAgent, FoundDistribution, FoundService, Notes
from stadtkern.harvest.readers.base import Ask, Page, Position, Raw, ReadError, Terms, with_query

Names: TypeAlias = dict[str, str]
GMD = "http://www.isotc211.org/2005/gmd"
NS: Names = {
    "csw": "http://www.opengis.net/cat/csw/2.0.2",
    "ows": "http://www.opengis.net/ows",
    "gmd": GMD,
    "gco": "http://www.isotc211.org/2005/gco",
    "gmx": "http://www.isotc211.org/2005/gmx",
    "srv": "http://www.isotc211.org/2005/srv",
    "gml": "http://www.opengis.net/gml",
    "gml32": "http://www.opengis.net/gml/3.2",
    "xlink": "http://www.w3.org/1999/xlink",
}
_HREF = "{http://www.w3.org/1999/xlink}href"
_PUBLISHERS = ("publisher", "owner", "custodian", "distributor", "pointOfContact")
_LICENCE_HINTS = ("http://", "https://", "lizenz", "license", "licence", "cc-", "cc by", "dl-de", "odbl")
_SERVICES = {"view": "WMS_SRVC", "wms": "WMS_SRVC", "wfs": "WFS_SRVC"}


def read(ask: Ask, terms: Terms, position: Position) -> Page:
    """Return a page of records."""
    start = int(position.get("start", 1))
    url = with_query(
        terms.url,
        service="CSW",
        version="2.0.2",
        request="GetRecords",
        typeNames="gmd:MD_Metadata",
        resultType="results",
        elementSetName="full",
        outputSchema=GMD,
        startPosition=start,
        maxRecords=terms.page_size,
        **(
            {
                "constraintLanguage": "CQL_TEXT",
                "constraint_language_version": "1.1.0",
                "constraint": terms.filter,
            }
            if terms.filter
            else {}
        ),
    )
    root = _xml(ask(url, accept="application/xml").body)
    results = root.find("csw:SearchResults", NS)
    if results is None:
        said = " ".join(
            "".join(one.itertext()).strip() for one in root.iter() if one.tag.endswith("ExceptionText")
        )
        raise ReadError("format", said or f"no SearchResults but {root.tag}")
    records = [_record(one, terms) for one in results.findall("gmd:MD_Metadata", NS)]
    total = _number(results.get("numberOfRecordsMatched"))
    following = _number(results.get("nextRecord")) or 0
    if following and following <= start:
        raise ReadError("endless", f"nextRecord {following} after {start}")
    if total is not None and following > total:
        following = 0
    return Page(records, {"start": following} if following else None, total)


def _number(given: str | None) -> int | None:
    return int(given) if given and given.isdecimal() and len(given) < 12 else None  # noqa: PLR2004


def _xml(body: bytes) -> Element:
    try:
        found: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise ReadError("format", f"XML: {error}") from error
    return found


def _text(node: Element | None, path: str) -> str:
    """Return the text of the first element at a path, of whatever kind the text is."""
    found = node.find(path, NS) if node is not None else None
    if found is None:
        return ""
    return " ".join("".join(found.itertext()).split()) or found.get("codeListValue", "")


def _long_text(node: Element | None, path: str) -> str:
    found = node.find(path, NS) if node is not None else None
    return "".join(found.itertext()).strip() if found is not None else ""


def _code(node: Element | None, path: str) -> str:
    found = node.find(path, NS) if node is not None else None
    return (found.get("codeListValue", "") or (found.text or "")).strip() if found is not None else ""


def _record(meta: Element, terms: Terms) -> Raw:
    """Return a record of ISO 19139 in our terms."""
    notes = Notes()
    identifier = values.line(_text(meta, "gmd:fileIdentifier"), 500)
    ident = meta.find("gmd:identificationInfo/gmd:MD_DataIdentification", NS)
    is_service = ident is None
    if ident is None:
        ident = meta.find("gmd:identificationInfo/srv:SV_ServiceIdentification", NS)
    if not identifier or ident is None:
        return Raw(identifier, None, notes, "unreadable", "no fileIdentifier or no identificationInfo")
    tag = values.language(_code(meta, "gmd:language/gmd:LanguageCode") or _text(meta, "gmd:language"))
    language = values.shown_language(tag, terms.language)
    citation = ident.find("gmd:citation/gmd:CI_Citation", NS)
    found = Found(
        identifier=identifier,
        names=values.unique(
            values.line(_text(one, "gmd:code"), 500)
            for one in (citation.findall("gmd:identifier/*", NS) if citation is not None else [])
        ),
        title=values.texts(_text(citation, "gmd:title"), language),
        description=values.texts(_long_text(ident, "gmd:abstract"), language),
        language=values.language(_code(ident, "gmd:language/gmd:LanguageCode")) or tag or terms.language,
        frequency=vocabulary.frequency(
            _code(
                ident,
                "gmd:resourceMaintenance/*/gmd:maintenanceAndUpdateFrequency/gmd:MD_MaintenanceFrequencyCode",
            )
        ),
        extent=_extent(ident, notes),
        provenance=values.texts(
            _long_text(meta, "gmd:dataQualityInfo/*/gmd:lineage/*/gmd:statement"), language
        ),
    )
    _dates(found, meta, ident, citation, notes)
    _people(found, meta, ident, language)
    _words(found, ident, language, notes)
    licence, attribution, other = _licence(ident, terms, notes)
    for one in _distributions(meta, language, notes):
        one.licence, one.attribution = licence, attribution
        found.distributions.append(one)
    if is_service:
        found.services = _services(ident, found, licence, notes)
    if other:
        found.extra["iso"] = {"constraints": other}
    return Raw(identifier, found, notes)


def _dates(found: Found, meta: Element, ident: Element, citation: Element | None, notes: Notes) -> None:
    """Take over when data were made, published, changed, and which time they are about."""
    for date in citation.findall("gmd:date/gmd:CI_Date", NS) if citation is not None else []:
        kind = _code(date, "gmd:dateType/gmd:CI_DateTypeCode")
        when = _text(date, "gmd:date")
        if kind == "publication" or (kind == "creation" and not found.issued):
            found.issued = values.moment(when, notes)
        elif kind == "revision":
            found.modified = values.moment(when, notes)
    found.modified = found.modified or values.moment(_text(meta, "gmd:dateStamp"), notes)
    for period in chain(ident.iterfind(".//gml:TimePeriod", NS), ident.iterfind(".//gml32:TimePeriod", NS)):
        start, end = (
            "".join(
                (one.text or "").strip()
                for one in chain(
                    period.iterfind(f".//gml:{name}Position", NS),
                    period.iterfind(f".//gml32:{name}Position", NS),
                )
            )
            for name in ("begin", "end")
        )
        found.temporal_start, found.temporal_end = values.period(start, end, notes)
        break


def _extent(ident: Element, notes: Notes) -> str:
    box = next(ident.iterfind(".//gmd:EX_GeographicBoundingBox", NS), None)
    if box is None:
        return ""
    sides = [
        _text(box, f"gmd:{name}")
        for name in ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    ]
    return values.box_of(sides, notes)


def _people(found: Found, meta: Element, ident: Element, language: str) -> None:
    """Take over the publisher and the contact: by role, those of the data before those of the record."""
    parties = [*ident.findall("gmd:pointOfContact/*", NS), *meta.findall("gmd:contact/*", NS)]
    named = [one for one in parties if _text(one, "gmd:organisationName")]
    roles = {id(one): _code(one, "gmd:role/gmd:CI_RoleCode") for one in parties}
    publisher = next(
        (one for role in _PUBLISHERS for one in named if roles[id(one)] == role), named[0] if named else None
    )
    if publisher is not None:
        found.publisher = FoundAgent(
            name=values.texts(values.line(_text(publisher, "gmd:organisationName"), 300), language),
            email=values.mail(_mail(publisher)),
        )
    contact = next((one for one in parties if roles[id(one)] == "pointOfContact"), next(iter(parties), None))
    if contact is not None:
        found.contact_name = values.line(
            _text(contact, "gmd:individualName") or _text(contact, "gmd:organisationName"), 200
        )
        found.contact_email = values.mail(_mail(contact))


def _mail(party: Element) -> str:
    return _text(party, "gmd:contactInfo/*/gmd:address/*/gmd:electronicMailAddress")


def _words(found: Found, ident: Element, language: str, notes: Notes) -> None:
    """Take over keywords, and themes from topics and from the EU's vocabulary."""
    for word in ident.iterfind(".//gmd:MD_Keywords/gmd:keyword", NS):
        given = " ".join("".join(word.itertext()).split())[:100]
        anchor = next((one.get(_HREF, "") for one in word), "")
        codes = vocabulary.themes(anchor) if "data-theme" in anchor else []
        found.themes += codes
        if given and not codes:
            found.keywords.append((given, language))
    for topic in ident.iterfind("gmd:topicCategory", NS):
        given = " ".join("".join(topic.itertext()).split())
        codes = vocabulary.themes(given)
        found.themes += codes
        if given and not codes:
            notes.add("unknown-theme", given)
    found.themes = values.unique(found.themes)


def _licence(ident: Element, terms: Terms, notes: Notes) -> tuple[str, str, list[str]]:
    """Return licence, attribution and the other constraints, as the German conventions write them.

    Since "Konventionen zu Metadaten" (AK Metadaten) 2.0 a constraint may be JSON: `{"id": "dl-by-de/2.0",
    "name": ..., "url": ..., "quelle": ...}`.
    """
    constraints = [
        (" ".join("".join(one.itertext()).split()), next((part.get(_HREF, "") for part in one), ""))
        for path in ("gmd:otherConstraints", "gmd:useLimitation")
        for one in ident.iterfind(f".//gmd:resourceConstraints//{path}", NS)
    ]
    words: list[str] = []
    attribution = ""
    other: list[str] = []
    for text, href in constraints:
        told = _json_licence(text)
        if told:
            words += [told.get(name, "") for name in ("url", "id", "name")]
            attribution = attribution or values.line(told.get("quelle", ""), 500)
            continue
        if href:
            words.append(href)
        if text.casefold().startswith(("quellenvermerk:", "source note:")):
            attribution = attribution or values.line(text.partition(":")[2], 500)
        elif any(hint in f" {text.casefold()}" for hint in _LICENCE_HINTS):
            words += [*_addresses(text), text]
        elif text:
            other.append(values.line(text, 1000))
    return (terms.licence(values.unique(words), notes) if any(words) else ""), attribution, other


def _addresses(text: str) -> Iterator[str]:
    for word in text.split():
        if word.startswith(("http://", "https://")):
            yield word.rstrip(").,;")


def _json_licence(text: str) -> dict[str, str]:
    if not text.startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _distributions(meta: Element, language: str, notes: Notes) -> Iterator[FoundDistribution]:
    """Yield the online resources of a record."""
    formats = [_text(one, "gmd:name") for one in meta.iterfind(".//gmd:distributionFormat/gmd:MD_Format", NS)]
    for number, online in enumerate(
        meta.iterfind(".//gmd:distributionInfo//gmd:onLine/gmd:CI_OnlineResource", NS)
    ):
        given = _text(online, "gmd:linkage")
        url = values.address(given, notes)
        function = _code(online, "gmd:function/gmd:CI_OnLineFunctionCode")
        known = _online_format(online, url, formats)
        is_file = function == "download" and not (known and known in {"WMS_SRVC", "WFS_SRVC"})
        facts = vocabulary.file_format(known)
        yield FoundDistribution(
            identifier=values.line(given or str(number), 500),
            title=values.texts(values.line(_text(online, "gmd:name"), 300), language),
            description=values.texts(_long_text(online, "gmd:description"), language),
            access_url=url,
            download_url=url if is_file else "",
            format=known,
            media_type=facts.media_type if facts else "",
            extra={} if url else {"iso": {"linkage": given}},
        )


def _online_format(online: Element, url: str, formats: list[str]) -> str:
    """Return the format of an online resource: by its type, protocol, address, or the only format named."""
    media = next((one.text for one in online.iterfind(".//gmx:MimeFileType", NS)), "")
    protocol = _text(online, "gmd:protocol").casefold()
    for word, code in _SERVICES.items():
        if f"service={word}" in url.casefold() or protocol.startswith(f"ogc:{word}"):
            return code
    ending = url.partition("?")[0].rpartition("/")[2]
    only = formats[0].partition(" ")[0] if len(formats) == 1 else ""
    known = vocabulary.file_format(media, protocol, ending if "." in ending else "", only)
    return known.code if known else ""


def _services(ident: Element, found: Found, licence: str, notes: Notes) -> list[FoundService]:
    """Return the interface that a record about a service describes."""
    urls = [
        values.address(_text(one, "gmd:linkage"), notes)
        for one in ident.iterfind(".//srv:connectPoint/gmd:CI_OnlineResource", NS)
    ]
    usable = values.unique(urls)
    if not usable:
        return []
    return [
        FoundService(
            identifier=found.identifier,
            title=found.title,
            description=found.description,
            endpoint_url=usable[0].partition("?")[0],
            endpoint_description=usable[0] if "?" in usable[0] else "",
            contact_email=found.contact_email,
            licence=licence,
        )
    ]
