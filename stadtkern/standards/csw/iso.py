"""A dataset in terms of ISO 19115, as XML by ISO 19139."""

from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.rdf import distributions, names
from stadtkern.catalogue.rdf.terms import Iri, Resource, Text
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.governance.licences import licence
from stadtkern.standards.csw.xml import element
from stadtkern.web.fields import in_language

CODES = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml#"
LANGUAGES = {"de": "ger", "pl": "pol", "en": "eng", "dsb": "dsb", "hsb": "hsb"}
_FREQUENCIES = {
    "CONT": "continual",
    "UPDATE_CONT": "continual",
    "HOURLY": "continual",
    "DAILY": "daily",
    "WEEKLY": "weekly",
    "BIWEEKLY": "fortnightly",
    "MONTHLY": "monthly",
    "QUARTERLY": "quarterly",
    "ANNUAL_2": "biannually",
    "ANNUAL": "annually",
    "IRREG": "irregular",
    "NEVER": "notPlanned",
}
_TOPICS = {
    "AGRI": "farming",
    "ECON": "economy",
    "EDUC": "society",
    "ENER": "utilitiesCommunication",
    "ENVI": "environment",
    "HEAL": "health",
    "REGI": "location",
    "SOCI": "society",
    "TRAN": "transportation",
}


def text(short: str, value: str) -> Element | None:
    """Return an element with a text in it; None for an empty one."""
    return element(short, element("gco:CharacterString", value)) if value else None


def code(short: str, table: str, value: str) -> Element:
    """Return an element with an entry of a code list in it."""
    return element(short, element(f"gmd:{table}", value, codeList=CODES + table, codeListValue=value))


def _moment(time: datetime) -> Element:
    return element("gco:DateTime", time.isoformat(timespec="seconds"))


def metadata(one: Dataset) -> Element:
    """Return the description of a dataset that was read with `queries.described`."""
    return element(
        "gmd:MD_Metadata",
        text("gmd:fileIdentifier", one.slug),
        code("gmd:language", "LanguageCode", "ger"),
        code("gmd:characterSet", "MD_CharacterSetCode", "utf8"),
        code("gmd:hierarchyLevel", "MD_ScopeCode", "dataset"),
        _party("gmd:contact", one, "pointOfContact"),
        element("gmd:dateStamp", _moment(one.changed_at)),
        text("gmd:metadataStandardName", "ISO 19115"),
        text("gmd:metadataStandardVersion", "2003/Cor.1:2006"),
        element("gmd:identificationInfo", _identification(one)),
        element("gmd:distributionInfo", _distribution(one)),
        _quality(one),
    )


def _party(short: str, one: Dataset, role: str) -> Element:
    publisher = one.publisher
    mail = one.contact_email or publisher.email or one.profile.owner.email
    page = one.contact_url or publisher.homepage
    address = element("gmd:address", element("gmd:CI_Address", text("gmd:electronicMailAddress", mail)))
    online = element("gmd:onlineResource", _link(page, "")) if page else None
    contact = element("gmd:contactInfo", element("gmd:CI_Contact", address if mail else None, online))
    return element(
        short,
        element(
            "gmd:CI_ResponsibleParty",
            text("gmd:individualName", one.contact_name),
            text("gmd:organisationName", str(publisher)),
            contact,
            code("gmd:role", "CI_RoleCode", role),
        ),
    )


def _identification(one: Dataset) -> Element:
    title, _language = in_language(one.title, "de")
    frequency = _FREQUENCIES.get(one.frequency)
    maintenance = (
        element(
            "gmd:resourceMaintenance",
            element(
                "gmd:MD_MaintenanceInformation",
                code("gmd:maintenanceAndUpdateFrequency", "MD_MaintenanceFrequencyCode", frequency),
            ),
        )
        if frequency
        else None
    )
    topics = dict.fromkeys(_TOPICS[theme] for theme in one.themes if theme in _TOPICS)
    return element(
        "gmd:MD_DataIdentification",
        element("gmd:citation", _citation(one, title or one.slug)),
        text(
            "gmd:abstract",
            in_language(one.description, "de")[0] or in_language(one.summary, "de")[0] or title,
        ),
        _party("gmd:pointOfContact", one, "pointOfContact"),
        _party("gmd:pointOfContact", one, "publisher"),
        maintenance,
        _keywords(one),
        *_constraints(one),
        code("gmd:language", "LanguageCode", LANGUAGES.get(one.language, "ger")),
        *(element("gmd:topicCategory", element("gmd:MD_TopicCategoryCode", topic)) for topic in topics),
        _extent(one),
    )


def _citation(one: Dataset, title: str) -> Element:
    days = (("creation", None), ("publication", one.issued or one.created_at), ("revision", one.modified))
    return element(
        "gmd:CI_Citation",
        text("gmd:title", title),
        *(
            element(
                "gmd:date",
                element(
                    "gmd:CI_Date",
                    element("gmd:date", _moment(time)),
                    code("gmd:dateType", "CI_DateTypeCode", kind),
                ),
            )
            for kind, time in days
            if time
        ),
        element("gmd:identifier", element("gmd:MD_Identifier", text("gmd:code", names.dataset(one)))),
    )


def _keywords(one: Dataset) -> Element | None:
    words = [text("gmd:keyword", word.word) for word in one.keywords.all()]
    words.append(text("gmd:keyword", "opendata") if one.is_open else None)
    found = [word for word in words if word is not None]
    return element("gmd:descriptiveKeywords", element("gmd:MD_Keywords", *found)) if found else None


def _constraints(one: Dataset) -> Iterator[Element]:
    """Say who may read the data and under which terms they may be used, once for each licence."""
    limit = "otherRestrictions" if one.is_open else "restricted"
    yield element(
        "gmd:resourceConstraints",
        element(
            "gmd:MD_LegalConstraints",
            code("gmd:accessConstraints", "MD_RestrictionCode", limit),
            text("gmd:otherConstraints", "open" if one.is_open else "on request"),
        ),
    )
    codes = {each.licence or one.profile.licence for each in one.distributions.all()} or {one.profile.licence}
    for facts in (licence(name) for name in sorted(codes) if name):
        yield element(
            "gmd:resourceConstraints",
            element(
                "gmd:MD_LegalConstraints",
                code("gmd:useConstraints", "MD_RestrictionCode", "otherRestrictions"),
                text("gmd:otherConstraints", facts.title),
                text("gmd:otherConstraints", facts.url or facts.uri),
                text("gmd:otherConstraints", one.profile.attribution if facts.needs_attribution else ""),
            ),
        )


def _extent(one: Dataset) -> Element | None:
    parts = []
    shape = one.extent or (one.area.geometry if one.area else None)
    if shape is not None and not shape.empty:
        west, south, east, north = shape.extent
        sides = (
            ("westBoundLongitude", west),
            ("eastBoundLongitude", east),
            ("southBoundLatitude", south),
            ("northBoundLatitude", north),
        )
        box = [element(f"gmd:{side}", element("gco:Decimal", str(value))) for side, value in sides]
        parts.append(element("gmd:geographicElement", element("gmd:EX_GeographicBoundingBox", *box)))
    if one.temporal_start or one.temporal_end:
        period = element(
            "gml:TimePeriod",
            _position("gml:beginPosition", one.temporal_start),
            _position("gml:endPosition", one.temporal_end),
            gml__id="time",
        )
        parts.append(
            element("gmd:temporalElement", element("gmd:EX_TemporalExtent", element("gmd:extent", period)))
        )
    return element("gmd:extent", element("gmd:EX_Extent", *parts)) if parts else None


def _position(short: str, time: datetime | None) -> Element:
    if time is None:
        return element(short, indeterminatePosition="unknown")
    return element(short, time.isoformat(timespec="seconds"))


def _distribution(one: Dataset) -> Element:
    offers = [offer for each in one.distributions.all() for offer in distributions.offers(each, one)]
    formats = dict.fromkeys(title for offer in offers if (title := _format(offer)))
    links = [
        _link(
            _first(offer, "dcat:downloadURL") or _first(offer, "dcat:accessURL"), _first(offer, "dct:title")
        )
        for offer in offers
    ]
    services = [_link(service.endpoint_url, str(service)) for service in one.services.all()]
    page = _link(names.page(one), "")
    return element(
        "gmd:MD_Distribution",
        *(
            element(
                "gmd:distributionFormat",
                element("gmd:MD_Format", text("gmd:name", title), text("gmd:version", "-")),
            )
            for title in formats
        ),
        element(
            "gmd:transferOptions",
            element(
                "gmd:MD_DigitalTransferOptions",
                *(element("gmd:onLine", link) for link in [*links, *services, page]),
            ),
        ),
    )


def _first(offer: Resource, predicate: str) -> str:
    for value in offer.values(predicate):
        if isinstance(value, Iri | Text):
            return value.value
    return ""


def _format(offer: Resource) -> str:
    found = FORMATS.get(_first(offer, "dct:format").rpartition("/")[2])
    return found.title if found else ""


def _link(address: str, title: str) -> Element:
    return element(
        "gmd:CI_OnlineResource", element("gmd:linkage", element("gmd:URL", address)), text("gmd:name", title)
    )


def _quality(one: Dataset) -> Element:
    statement = in_language(one.provenance, "de")[0] or in_language(one.profile.quality, "de")[0]
    lineage = (
        element("gmd:lineage", element("gmd:LI_Lineage", text("gmd:statement", statement)))
        if statement
        else None
    )
    scope = element("gmd:scope", element("gmd:DQ_Scope", code("gmd:level", "MD_ScopeCode", "dataset")))
    return element("gmd:dataQualityInfo", element("gmd:DQ_DataQuality", scope, lineage))
