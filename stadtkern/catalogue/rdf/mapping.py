"""Models in terms of DCAT-AP.de 3.0, DCAT-AP 3.0 and DCAT-AP HVD.

https://www.dcat-ap.de/def/dcatde/3.0/spec/, https://semiceu.github.io/DCAT-AP/releases/3.0.0-hvd/
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings

from stadtkern.catalogue.models import Agent, DataService, Dataset, DatasetSeries
from stadtkern.catalogue.rdf import distributions, names, vocabulary
from stadtkern.catalogue.rdf.jsonld import read_expanded
from stadtkern.catalogue.rdf.terms import Iri, Resource, Text, iri, moment, texts
from stadtkern.catalogue.vocabularies import (
    AVAILABILITIES,
    FREQUENCIES,
    HVD_CATEGORIES,
    HVD_REGULATION,
    LEVELS,
    RHYTHMS,
    THEMES,
    Concept,
)
from stadtkern.governance.models import DataProfile
from stadtkern.web.town import Town, current_town

CONTRIBUTORS = "http://dcat-ap.de/def/contributors/"
_RIGHTS = {
    DataProfile.Access.PUBLIC: vocabulary.PUBLIC,
    DataProfile.Access.PARTNER: vocabulary.RESTRICTED,
    DataProfile.Access.INTERNAL: vocabulary.NON_PUBLIC,
}


@dataclass(slots=True)
class Document:
    """One document in the making: it gathers what several datasets share and is to be said once."""

    town: Town = field(default_factory=current_town)
    agents: dict[str, Agent] = field(default_factory=dict)
    series: dict[str, DatasetSeries] = field(default_factory=dict)
    services: dict[str, tuple[DataService, list[str]]] = field(default_factory=dict)
    """Each with the names of the datasets of this document that it serves."""
    terms: set[str] = field(default_factory=set)
    """Names of vocabulary entries in use."""
    pages: set[str] = field(default_factory=set)
    """Addresses of web pages that are named; the shapes for high-value data want to be told what they are."""

    def dataset(self, one: Dataset) -> list[Resource]:
        """Return a dataset, its distributions and the catalogue's record of it."""
        found = Resource(names.dataset(one), ("dcat:Dataset",))
        _describe(found, one)
        _classify(found, one)
        found.add("dct:publisher", self.agent(one.publisher))
        found.add("dcat:contactPoint", _contact(one, self.town))
        if one.series is not None:
            found.add("dcat:inSeries", self._series(one.series))
        for service in one.services.all():
            self._service(service, found.uri)
        offers = [offer for each in one.distributions.all() for offer in distributions.offers(each, one)]
        found.add("dcat:distribution", *(Iri(offer.uri) for offer in offers))
        found.statements += _passed_on(one.extra)
        interfaces = [self._rows_service(one, found.uri)] if _has_table(one) else []
        return self.noted([found, *offers, *interfaces, _record(one, found.uri)])

    def _rows_service(self, one: Dataset, name: str) -> Resource:
        """Return the interface that every table has by itself."""
        found = Resource(names.rows_service(one), ("dcat:DataService",))
        title = texts(one.title) or [Text(one.slug)]
        found.add("dct:title", *(Text(f"API: {text.value}", text.language) for text in title))
        found.add("dcat:endpointURL", Iri(f"{names.base()}/api/v1/datasets/{one.slug}"))
        found.add("dcat:endpointDescription", Iri(f"{names.base()}/api/v1/openapi.json"))
        found.add("foaf:page", Iri(f"{names.base()}/api/v1/docs"))
        found.add("dct:publisher", self.agent(one.publisher))
        found.add("dcat:contactPoint", _contact(one, self.town))
        found.add("dct:accessRights", Iri(access_right(one.profile)))
        found.add("dct:license", distributions.licence_name(one.profile.licence))
        if one.hvd_categories:
            found.add("dcatap:applicableLegislation", Iri(HVD_REGULATION))
            found.add("dcatap:hvdCategory", *_concepts(one.hvd_categories, HVD_CATEGORIES))
        found.add("dcat:servesDataset", Iri(name))
        return found

    def noted(self, resources: list[Resource]) -> list[Resource]:
        """Return the resources; the vocabulary entries in them are remembered."""
        for resource in resources:
            self._note(resource)
        return resources

    def _note(self, resource: Resource) -> None:
        for predicate, value in resource.statements:
            if isinstance(value, Iri):
                if value.value.startswith(_VOCABULARIES):
                    self.terms.add(value.value)
                elif predicate in _PAGES:
                    self.pages.add(value.value)
            elif isinstance(value, Resource):
                self._note(value)

    def agent(self, one: Agent) -> Iri:
        """Return the name of a publisher, who is to be described once in the document."""
        name = names.agent(one)
        self.agents.setdefault(name, one)
        return Iri(name)

    def _series(self, one: DatasetSeries) -> Iri:
        name = names.series(one)
        self.series.setdefault(name, one)
        self.agent(one.publisher)
        return Iri(name)

    def _service(self, one: DataService, dataset: str) -> None:
        self.services.setdefault(names.service(one), (one, []))[1].append(dataset)

    def shared(self) -> Iterator[Resource]:
        """Return what several datasets share: services, series, publishers, vocabulary entries."""
        for name, (service, served) in self.services.items():
            yield from self.noted([self._described_service(service, name, served)])
        for name, one in self.series.items():
            yield from self.noted([_described_series(one, name)])
        for name, agent in self.agents.items():
            yield from self.noted([described_agent(agent, name)])
        for name in sorted(self.pages):
            yield Resource(name, ("foaf:Document",))
        yield from vocabulary.concepts(self.terms)

    def _described_service(self, one: DataService, name: str, served: Iterable[str]) -> Resource:
        found = Resource(name, ("dcat:DataService",))
        found.add("dct:title", *texts(one.title))
        found.add("dct:description", *texts(one.description))
        found.add("dct:identifier", Text(one.identifier or name))
        found.add("dcat:endpointURL", iri(one.endpoint_url))
        found.add("dcat:endpointDescription", iri(one.endpoint_description))
        found.add("dct:publisher", self.agent(one.publisher))
        found.add("dcat:contactPoint", _service_contact(one, self.town))
        found.add("foaf:page", iri(one.documentation or one.endpoint_description or names.base()))
        found.add("dct:accessRights", Iri(vocabulary.PUBLIC))
        found.add("dct:license", distributions.licence_name(one.licence) if one.licence else None)
        if one.hvd_categories:
            found.add("dcatap:applicableLegislation", Iri(HVD_REGULATION))
            found.add("dcatap:hvdCategory", *_concepts(one.hvd_categories, HVD_CATEGORIES))
        found.add("dcat:servesDataset", *(Iri(dataset) for dataset in served))
        found.statements += _passed_on(one.extra)
        return found


_PAGES = frozenset({"foaf:page", "foaf:homepage", "dcat:landingPage"})
_VOCABULARIES = (
    "http://publications.europa.eu/resource/authority/",
    "http://dcat-ap.de/def/",
    "http://data.europa.eu/bna/",
    HVD_REGULATION,
    vocabulary.MEDIA_TYPES,
)


def _has_table(one: Dataset) -> bool:
    return any(each.current_version is not None for each in one.distributions.all())


def _describe(found: Resource, one: Dataset) -> None:
    """Say what it is, from when, of what time and place."""
    title = texts(one.title) or [Text(one.slug)]
    found.add("dct:title", *title)
    found.add("dct:description", *(texts(one.description) or texts(one.summary) or title))
    found.add("dct:identifier", Text(one.identifier or found.uri))
    found.add("dct:issued", moment(one.issued or one.created_at))
    found.add("dct:modified", moment(one.modified or one.issued or one.created_at))
    found.add("dcat:keyword", *(Text(word.word, word.language) for word in one.keywords.all()))
    found.add("dcat:landingPage", iri(one.landing_page or names.page(one)))
    if one.temporal_start or one.temporal_end:
        period = Resource("", ("dct:PeriodOfTime",))
        period.add("dcat:startDate", moment(one.temporal_start))
        period.add("dcat:endDate", moment(one.temporal_end))
        found.add("dct:temporal", period)
    found.add("dct:spatial", *_places(one))
    if provenance := texts(one.provenance):
        found.add(
            "dct:provenance",
            Resource("", ("dct:ProvenanceStatement",), [("rdfs:label", text) for text in provenance]),
        )


def _classify(found: Resource, one: Dataset) -> None:
    """Say in codes of controlled vocabularies what can be said so."""
    found.add("dcat:theme", *_concepts(one.themes, THEMES))
    if one.hvd_categories:
        found.add("dcatap:applicableLegislation", Iri(HVD_REGULATION))
        found.add("dcatap:hvdCategory", *_concepts(one.hvd_categories, HVD_CATEGORIES))
    found.add("dcatde:politicalGeocodingLevelURI", *_concepts([one.level], LEVELS))
    found.add("dct:accrualPeriodicity", *_concepts([one.frequency or rhythm(one.profile)], FREQUENCIES))
    found.add("dcatap:availability", *_concepts([one.availability], AVAILABILITIES))
    found.add("dct:language", vocabulary.language(one.language))
    found.add("dct:accessRights", Iri(access_right(one.profile)))
    if settings.CONTRIBUTOR_ID and one.origin != Dataset.Origin.HARVEST:
        found.add("dcatde:contributorID", iri(contributor()))


def contributor() -> str:
    """Return the name under which the town delivers to GovData; empty: none is set."""
    given: str = settings.CONTRIBUTOR_ID
    return given if given.startswith("http") or not given else CONTRIBUTORS + given


def access_right(profile: DataProfile) -> str:
    """Return who may read the data, as the EU's table says it."""
    if profile.has_personal_data:
        return vocabulary.NON_PUBLIC
    return _RIGHTS[DataProfile.Access(profile.access)]


def rhythm(profile: DataProfile) -> str:
    """Return the rhythm that the profile promises, in the words of the EU's table; empty: none."""
    promised: timedelta | None = profile.update_rhythm
    if promised is None:
        return ""
    if promised < RHYTHMS["HOURLY"]:
        return "UPDATE_CONT"
    by_span = sorted((span, code) for code, span in RHYTHMS.items() if "CONT" not in code)
    return next((code for span, code in by_span if promised <= span), "IRREG")


def _concepts(codes: Iterable[str], table: dict[str, Concept]) -> list[Iri]:
    return [Iri(table[code].uri) for code in codes if code in table]


def _places(one: Dataset) -> list[Iri | Resource]:
    """Return the official key of its area, and its extent as a box with the centre."""
    found: list[Iri | Resource] = []
    if one.area is not None and (key := vocabulary.area(one.area.code, one.area.kind)):
        found.append(key)
    shape = one.extent or (one.area.geometry if one.area else None)
    if shape is None or shape.empty:
        return found
    west, south, east, north = shape.extent
    place = Resource("", ("dct:Location",))
    if one.area is not None:
        place.add("skos:prefLabel", *texts(one.area.name))
    box = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    place.add("dcat:bbox", Text(box, datatype="gsp:wktLiteral"))
    centre = f"POINT({round((west + east) / 2, 7)} {round((south + north) / 2, 7)})"
    place.add("dcat:centroid", Text(centre, datatype="gsp:wktLiteral"))
    return [*found, place]


def _contact(one: Dataset, town: Town) -> Resource:
    """Return whom to ask: the one named, else the publisher, the owner of the data, the town."""
    own = bool(one.contact_email or one.contact_url)
    mail, page = one.contact_email, one.contact_url
    label = one.contact_name or str(one.publisher)
    if not own:
        mail, page = _reachable(one.publisher)
        if not mail and not page:
            owner = one.profile.owner
            mail, page, label = owner.email, owner.homepage, one.contact_name or str(owner)
    return _card(label, mail, page, town)


def _service_contact(one: DataService, town: Town) -> Resource:
    mail, page = _reachable(one.publisher)
    return _card(str(one.publisher), one.contact_email or mail, page, town)


def _reachable(agent: Agent) -> tuple[str, str]:
    organisation = agent.organisation
    mail = agent.email or (organisation.email if organisation else "")
    return mail, agent.homepage or (organisation.homepage if organisation else "")


def _card(label: str, mail: str, page: str, town: Town) -> Resource:
    """Return an electronic visiting card; there is always a way to reach somebody."""
    if not mail and not page:
        mail, page = town.contact.email, town.contact.website or names.base()
    card = Resource("", ("vcard:Kind", "vcard:Organization"))
    card.add("vcard:fn", Text(label))
    card.add("vcard:hasEmail", iri(f"mailto:{mail}") if mail else None)
    card.add("vcard:hasURL", iri(page) if page else None)
    return card


def described_agent(one: Agent, name: str) -> Resource:
    """Return a publisher."""
    found = Resource(name, ("foaf:Agent", "foaf:Organization"))
    found.add("foaf:name", *(texts(one.name) or [Text(one.slug)]))
    mail, page = _reachable(one)
    found.add("foaf:homepage", iri(page) if page else None)
    found.add("foaf:mbox", iri(f"mailto:{mail}") if mail else None)
    return found


def _described_series(one: DatasetSeries, name: str) -> Resource:
    found = Resource(name, ("dcat:DatasetSeries",))
    title = texts(one.title) or [Text(one.slug)]
    found.add("dct:title", *title)
    found.add("dct:description", *(texts(one.description) or title))
    found.add("dct:publisher", Iri(names.agent(one.publisher)))
    found.add("dct:accrualPeriodicity", *_concepts([one.frequency], FREQUENCIES))
    return found


def _record(one: Dataset, name: str) -> Resource:
    """Return the catalogue's entry: when it was made and changed, and by which rules."""
    found = Resource(names.record(one), ("dcat:CatalogRecord",))
    found.add("dct:issued", moment(one.created_at))
    found.add("dct:modified", moment(one.changed_at))
    found.add("foaf:primaryTopic", Iri(name))
    return found


def _passed_on(extra: object) -> list[tuple[str, Iri | Text | Resource]]:
    """Return the statements of another catalogue for which there is no column."""
    return read_expanded(extra.get("jsonld")) if isinstance(extra, dict) else []
