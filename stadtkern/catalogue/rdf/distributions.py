"""How a dataset can be had, in terms of DCAT-AP.de 3.0."""

from collections.abc import Iterator

from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.rdf import names, vocabulary
from stadtkern.catalogue.rdf.jsonld import read_expanded
from stadtkern.catalogue.rdf.terms import Iri, Resource, Text, iri, moment, number, texts
from stadtkern.catalogue.vocabularies import AVAILABILITIES, FORMATS, HVD_REGULATION, Format, format_of
from stadtkern.governance.licences import LICENCES, OTHER, Licence, licence

TABLE_FORMATS = ("CSV", "JSON", "XLSX", "PARQUET")
MAP_FORMATS = ("CSV", "GEOJSON", "GPKG", "XLSX", "PARQUET")
_SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"


def offers(one: Distribution, dataset: Dataset) -> Iterator[Resource]:
    """Return the forms in which a distribution can be had: each format of a table is one."""
    one.dataset = dataset  # no query for what is known
    version = one.current_version
    if version is None:
        yield _linked(one, dataset)
        return
    for code in table_formats(version):
        yield _table(one, dataset, version, FORMATS[code])
    if version.emptied_at is None:
        yield _source(one, dataset, version)


def table_formats(version: Version) -> tuple[str, ...]:
    """Return the formats in which the rows of a table are offered; the first stands for the table."""
    return MAP_FORMATS if has_places(version) else TABLE_FORMATS


def has_places(version: Version) -> bool:
    """Whether the table has geometry."""
    columns = version.table_schema.get("fields", []) if isinstance(version.table_schema, dict) else []
    return any(column.get("type") == "geojson" for column in columns if isinstance(column, dict))


def _linked(one: Distribution, dataset: Dataset) -> Resource:
    """Return a file or service at an address."""
    found = Resource(names.distribution(one), ("dcat:Distribution",))
    facts = FORMATS.get(one.format)
    found.add("dct:title", *texts(one.title))
    found.add("dct:description", *texts(one.description))
    found.add("dcat:accessURL", iri(one.access_url) or iri(one.download_url) or Iri(names.page(dataset)))
    if dataset.is_open or dataset.origin == Dataset.Origin.HARVEST:
        found.add("dcat:downloadURL", iri(one.download_url))
    found.add("dct:format", Iri(facts.uri) if facts else None)
    found.add("dcat:mediaType", vocabulary.media_type(one.media_type or (facts.media_type if facts else "")))
    found.add("dcat:byteSize", number(one.byte_size))
    if one.checksum:
        found.add("spdx:checksum", checksum(one.checksum))
    _terms(found, one, dataset)
    found.add("dct:issued", moment(one.issued))
    found.add("dct:modified", moment(one.modified))
    found.add("dcat:accessService", *_services(one, dataset))
    if isinstance(one.extra, dict):
        found.statements += read_expanded(one.extra.get("jsonld"))
    return found


def _table(one: Distribution, dataset: Dataset, version: Version, facts: Format) -> Resource:
    """Return one format of a table of ours."""
    name = names.distribution(one)
    first = table_formats(version)[0]
    found = Resource(name if facts.code == first else f"{name}-{facts.extension}", ("dcat:Distribution",))
    title = texts(one.title) or texts(dataset.title)
    found.add("dct:title", *(Text(f"{text.value} ({facts.title})", text.language) for text in title))
    found.add("dct:description", *texts(one.description))
    found.add("dcat:accessURL", Iri(names.table_page(one)))
    if dataset.is_open:
        found.add("dcat:downloadURL", Iri(names.rows_file(one, facts.extension)))
    found.add("dct:format", Iri(facts.uri))
    found.add("dcat:mediaType", vocabulary.media_type(facts.media_type))
    _terms(found, one, dataset)
    found.add("dcat:accessService", Iri(names.rows_service(dataset)))
    found.add("dct:issued", moment(one.issued or dataset.issued or dataset.created_at))
    found.add("dct:modified", moment(version.finished_at or one.modified))
    return found


def _source(one: Distribution, dataset: Dataset, version: Version) -> Resource:
    """Return the file as it was uploaded, with its checksum."""
    found = Resource(f"{names.distribution(one)}-source", ("dcat:Distribution",))
    facts = format_of(version.original_name)
    found.add("dct:title", Text(version.original_name))
    found.add("dcat:accessURL", Iri(names.table_page(one)))
    if dataset.is_open:
        found.add("dcat:downloadURL", iri(names.source_file(one, version.number)))
    found.add("dct:format", Iri(facts.uri) if facts else None)
    found.add("dcat:mediaType", vocabulary.media_type(facts.media_type) if facts else None)
    found.add("dcat:byteSize", number(version.byte_size))
    if version.sha256:
        found.add("spdx:checksum", checksum(version.sha256))
    _terms(found, one, dataset)
    found.add("dct:modified", moment(version.finished_at))
    return found


def checksum(digest: str) -> Resource:
    """Return a SHA-256 of a file."""
    found = Resource("", ("spdx:Checksum",))
    found.add("spdx:algorithm", Iri(_SHA256))
    found.add("spdx:checksumValue", Text(digest.lower(), datatype="xsd:hexBinary"))
    return found


def _terms(found: Resource, one: Distribution, dataset: Dataset) -> None:
    """Say under which terms it may be used, and for how long it is offered."""
    code = one.licence or dataset.profile.licence
    found.add("dct:license", licence_name(code))
    text = attribution(one, dataset)
    if needs_attribution(code):
        found.add("dcatde:licenseAttributionByText", Text(text))
    rights = Resource("", ("dct:RightsStatement",), [("rdfs:label", Text(text))])
    if code not in LICENCES and iri(code) is None and code:
        rights.add("rdfs:label", Text(code))
    found.add("dct:rights", rights)
    availability = AVAILABILITIES.get(one.availability or dataset.availability)
    found.add("dcatap:availability", Iri(availability.uri) if availability else None)
    if dataset.hvd_categories:
        found.add("dcatap:applicableLegislation", Iri(HVD_REGULATION))


def licence_name(code: str) -> Iri:
    """Return the name of a licence; one known only by its words is called "other, closed", as the list does.

    DCAT-AP.de wants a licence at each distribution, and one of its list. The words themselves stand in
    `dct:rights`.
    """
    facts: Licence = licence(code)
    return iri(facts.uri) or iri(code) or Iri(LICENCES[OTHER].uri)


def needs_attribution(code: str) -> bool:
    """Whether the licence wants the source to be named."""
    return licence(code).needs_attribution


def attribution(one: Distribution, dataset: Dataset) -> str:
    """Return how the source is to be named."""
    return one.attribution or dataset.profile.attribution or str(dataset.publisher)


def _services(one: Distribution, dataset: Dataset) -> Iterator[Iri]:
    """Return the interfaces that a measured series can be asked by."""
    if dataset.origin == Dataset.Origin.STREAMS and one.format == "CSV":
        for service in dataset.services.all():
            yield Iri(names.service(service))
