"""The whole catalogue, a page of it, or one dataset, as one document."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from stadtkern.catalogue.models import DataService, Dataset
from stadtkern.catalogue.rdf import jsonld, names, rdfxml, turtle, vocabulary
from stadtkern.catalogue.rdf.mapping import Document
from stadtkern.catalogue.rdf.queries import BATCH, described
from stadtkern.catalogue.rdf.terms import Iri, Resource, Text, iri, moment, number
from stadtkern.web.town import Town

PAGE = 100
"""Datasets on a page."""


class Form(Protocol):
    """A way to write statements down: `turtle`, `rdfxml`, `jsonld`."""

    MEDIA_TYPE: str
    SEPARATOR: str

    def head(self) -> str:
        """Return what begins the document."""

    def write(self, resource: Resource) -> str:
        """Return all that is said of a resource."""

    def foot(self) -> str:
        """Return what ends the document."""


FORMS: dict[str, Form] = {"ttl": turtle, "rdf": rdfxml, "jsonld": jsonld}
"""By the ending of the address."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which datasets of how many stand in a document."""

    number: int
    pages: int
    total: int
    keys: Sequence[int]
    """Of the datasets, in the order of the document."""

    @property
    def is_whole(self) -> bool:
        """Whether there is no other page."""
        return self.pages <= 1


def keys() -> list[int]:
    """Return the keys of all public datasets in an order that stays when others are added."""
    return list(Dataset.objects.public().order_by("pk").values_list("pk", flat=True))


def page(number: int) -> Page | None:
    """Return a page, counted from 1; None where there is none."""
    every = keys()
    pages = max(1, -(-len(every) // PAGE))
    if not 1 <= number <= pages:
        return None
    return Page(number, pages, len(every), every[(number - 1) * PAGE : number * PAGE])


def whole() -> Page:
    """Return all datasets as one page."""
    every = keys()
    return Page(1, 1, len(every), every)


def newest_change(among: Iterable[int]) -> datetime | None:
    """Return when the description of one of the datasets changed last."""
    found = Dataset.objects.filter(pk__in=list(among)).aggregate(last=Max("changed_at"))
    last: datetime | None = found["last"]
    return last


def write(form: Form, shown: Page, address: str) -> Iterator[str]:
    """Yield the document piece by piece: the catalogue, its datasets, and what they share.

    Parameters
    ----------
    address
        of the document without its query; from it the addresses of the other pages are made.
    """
    document = Document()
    writer = _Writer(form)
    yield form.head()
    yield writer.all(document.noted([*_catalogue(document, shown, address)]))
    for start in range(0, len(shown.keys), BATCH):
        batch = shown.keys[start : start + BATCH]
        by_key = {one.pk: one for one in described(Dataset.objects.filter(pk__in=batch))}
        for key in batch:
            if key in by_key:
                yield writer.all(document.dataset(by_key[key]))
    if shown.number == shown.pages:
        _add_free_services(document)
    yield writer.all(document.shared())
    yield form.foot()


def write_one(form: Form, dataset: Dataset) -> str:
    """Return the document of one dataset, which was read with `described`."""
    document = Document()
    writer = _Writer(form)
    resources = document.dataset(dataset)
    return form.head() + writer.all([*resources, *document.shared()]) + form.foot()


@dataclass(slots=True)
class _Writer:
    """Writes resources one after the other, with what stands between two of them."""

    form: Form
    is_first: bool = True

    def all(self, resources: Iterable[Resource]) -> str:
        """Return the resources as text."""
        written = [text for text in map(self.form.write, resources) if text]
        if not written:
            return ""
        start = "" if self.is_first else self.form.SEPARATOR
        self.is_first = False
        return start + self.form.SEPARATOR.join(written)


def _add_free_services(document: Document) -> None:
    """Add the services that no dataset of the document has named."""
    serving = Dataset.objects.public()
    free = DataService.objects.exclude(datasets__in=serving).select_related("publisher__organisation")
    for service in free.order_by("slug"):
        document.services.setdefault(names.service(service), (service, []))
        document.agent(service.publisher)


def _catalogue(document: Document, shown: Page, address: str) -> Iterator[Resource]:
    """Return the catalogue with the datasets of this page, and the page itself."""
    town = document.town
    found = Resource(names.catalogue(), ("dcat:Catalog", "hydra:Collection"))
    for language in town.languages:
        with override(language):
            title = _("Open data of %(town)s") % {"town": town.name}
            found.add("dct:title", Text(title, language))
            text = _(
                "Data that the town of %(town)s and its partners publish, with the values of its sensors."
            )
            found.add("dct:description", Text(text % {"town": town.name}, language))
        found.add("dct:language", vocabulary.language(language))
    found.add("dct:publisher", Iri(f"{names.catalogue()}#publisher"))
    found.add("foaf:homepage", Iri(f"{names.base()}/{names.language()}/data/"))
    found.add("dcat:themeTaxonomy", Iri("http://publications.europa.eu/resource/authority/data-theme"))
    found.add("dct:conformsTo", Iri(vocabulary.PROFILE))
    found.add("dct:modified", moment(newest_change(shown.keys) or datetime(2026, 1, 1, tzinfo=UTC)))
    found.add("dct:spatial", _place(town))
    rows = Dataset.objects.filter(pk__in=shown.keys) if len(shown.keys) <= PAGE else Dataset.objects.public()
    for one in rows.order_by("pk").only("slug", "extra"):
        found.add("dcat:dataset", Iri(names.dataset(one)))
        found.add("dcat:record", Iri(names.record(one)))
    for service in DataService.objects.order_by("slug").only("slug", "extra"):
        found.add("dcat:service", Iri(names.service(service)))
    found.add("hydra:totalItems", Text(str(shown.total), datatype="xsd:integer"))
    if not shown.is_whole:
        found.add("hydra:view", Iri(_address(address, shown.number)))
    yield found
    yield _publisher(town)
    if not shown.is_whole:
        yield _view(shown, address)


def _place(town: Town) -> Resource:
    west, south, east, north = town.bbox
    box = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
    place = Resource("", ("dct:Location",))
    place.add("dcat:bbox", Text(box, datatype="gsp:wktLiteral"))
    return place


def _publisher(town: Town) -> Resource:
    """Return the town as publisher of the catalogue."""
    found = Resource(f"{names.catalogue()}#publisher", ("foaf:Agent", "foaf:Organization"))
    contact = town.contact
    name = contact.organisations or town.names
    found.add("foaf:name", *(Text(text, language) for language, text in name.items()))
    found.add("foaf:homepage", iri(contact.website) or Iri(names.base()))
    found.add("foaf:mbox", iri(f"mailto:{contact.email}") if contact.email else None)
    return found


def _address(address: str, page: int) -> str:
    return address if page == 1 else f"{address}?page={page}"


def _view(shown: Page, address: str) -> Resource:
    """Return the page with the way to the others (Hydra); harvesters look for either of the two types."""
    found = Resource(
        _address(address, shown.number), ("hydra:PartialCollectionView", "hydra:PagedCollection")
    )
    found.add("hydra:first", Iri(_address(address, 1)))
    found.add("hydra:last", Iri(_address(address, shown.pages)))
    if shown.number > 1:
        found.add("hydra:previous", Iri(_address(address, shown.number - 1)))
    if shown.number < shown.pages:
        found.add("hydra:next", Iri(_address(address, shown.number + 1)))
    found.add("hydra:totalItems", Text(str(shown.total), datatype="xsd:integer"))
    found.add("hydra:itemsPerPage", number(PAGE))
    return found
