"""What the entries of controlled vocabularies are, said together with the data that use them.

Validators look for `skos:inScheme` in the very document they check. With these few statements in it a
document can be checked without fetching tables from elsewhere, and readers see titles instead of codes.
"""

from collections.abc import Iterable, Iterator

from django.utils.translation import override

from stadtkern.catalogue.rdf.terms import Iri, Resource, Text, iri
from stadtkern.catalogue.vocabularies import (
    AUTHORITY,
    AVAILABILITIES,
    FORMATS,
    FREQUENCIES,
    HVD_CATEGORIES,
    HVD_REGULATION,
    LEVELS,
    THEMES,
    Concept,
)
from stadtkern.governance.licences import LICENCES

MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
LICENCE_SCHEME = "http://dcat-ap.de/def/licenses"
GEOCODING = "http://dcat-ap.de/def/politicalGeocoding/"
HVD_SCHEME = "http://data.europa.eu/bna/asd487ae75"
LANGUAGES = {"de": "DEU", "pl": "POL", "en": "ENG", "dsb": "DSB", "hsb": "HSB", "fr": "FRA", "cs": "CES"}
"""Codes of the EU's table of languages for those of ISO 639-1 that occur here."""
PUBLIC, RESTRICTED, NON_PUBLIC = (
    f"{AUTHORITY}access-right/{code}" for code in ("PUBLIC", "RESTRICTED", "NON_PUBLIC")
)
PROFILE = "http://dcat-ap.de/def/dcatde/3.0/"
_TYPES = {
    f"{AUTHORITY}data-theme/": (),
    f"{AUTHORITY}frequency/": ("dct:Frequency",),
    f"{AUTHORITY}language/": ("dct:LinguisticSystem",),
    f"{AUTHORITY}file-type/": ("dct:MediaTypeOrExtent",),
    f"{AUTHORITY}access-right/": ("dct:RightsStatement",),
    f"{AUTHORITY}licence/": ("dct:LicenseDocument",),
    f"{AUTHORITY}planned-availability/": (),
    f"{AUTHORITY}distribution-status/": (),
    f"{AUTHORITY}dataset-type/": (),
    f"{AUTHORITY}corporate-body/": ("foaf:Agent",),
    f"{AUTHORITY}country/": ("dct:Location",),
    f"{AUTHORITY}place/": ("dct:Location",),
    f"{AUTHORITY}continent/": ("dct:Location",),
}
_KEYS = ("municipalityKey", "regionalKey", "municipalAssociationKey", "districtKey", "stateKey")
_PLANNED = "http://publications.europa.eu/resource/dataset/planned-availability"
"""The scheme that DCAT-AP.de 2.0 asked for; validators of both editions are about."""


def concepts(names: Iterable[str]) -> Iterator[Resource]:
    """Return what is known of the vocabulary entries among the names, in a stable order."""
    for name in sorted(names):
        found = concept(name)
        if found is not None:
            yield found


def concept(name: str) -> Resource | None:
    """Return type, scheme and title of a vocabulary entry; None where it belongs to none that we know."""
    if name == HVD_REGULATION:
        return Resource(name, ("eli:LegalResource",))
    if name.startswith(MEDIA_TYPES):
        return Resource(name, ("dct:MediaType", "dct:MediaTypeOrExtent"))
    types, schemes = _place(name)
    if not schemes:
        return None
    found = Resource(name, (*types, "skos:Concept"))
    found.add("skos:inScheme", *map(Iri, schemes))
    found.add("skos:prefLabel", *_titles(name))
    return found


def _place(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the types of an entry and the schemes in which it stands."""
    for start, types in _TYPES.items():
        if name.startswith(start):
            scheme = start.rstrip("/")
            return types, (scheme, _PLANNED) if scheme.endswith("planned-availability") else (scheme,)
    if name.startswith(f"{LICENCE_SCHEME}/"):
        return ("dct:LicenseDocument",), (LICENCE_SCHEME,)
    if name.startswith(f"{GEOCODING}Level/"):
        return (), (f"{GEOCODING}Level",)
    for key in _KEYS:
        if name.startswith(f"{GEOCODING}{key}/"):
            return ("dct:Location",), (f"{GEOCODING}{key}",)
    if name.removeprefix("http://data.europa.eu/bna/") in HVD_CATEGORIES:
        return (), (HVD_SCHEME,)
    return (), ()


def _known() -> dict[str, Concept]:
    tables = (THEMES, FREQUENCIES, AVAILABILITIES, HVD_CATEGORIES, LEVELS)
    return {one.uri: one for table in tables for one in table.values()}


_CONCEPTS = _known()
_PLAIN = {one.uri: one.title for one in FORMATS.values()}
_LICENCES = {one.uri: one.title for one in LICENCES.values() if one.uri}


def _titles(name: str) -> list[Text]:
    if (known := _CONCEPTS.get(name)) is not None:
        found = []
        for language in ("de", "en"):
            with override(language):
                found.append(Text(str(known.title), language))
        return found
    title = _PLAIN.get(name)
    if title is not None:
        return [Text(title, "en")]
    return [Text(_LICENCES[name], "de")] if name in _LICENCES else []


def language(code: str) -> Iri | None:
    """Return the name of a language in the EU's table; None for one that is not known."""
    found = LANGUAGES.get(code.partition("-")[0].lower())
    return Iri(f"{AUTHORITY}language/{found}") if found else None


def media_type(name: str) -> Iri | None:
    """Return the name of a media type in the register of IANA; None for what is none."""
    kind, slash, form = name.partition(";")[0].strip().partition("/")
    return iri(f"{MEDIA_TYPES}{kind}/{form}") if slash and form and kind.isalpha() else None


def area(code: str, kind: str) -> Iri | None:
    """Return the name of an area by its official key (AGS or ARS); None for a Polish or unknown key."""
    if not code.isdigit():
        return None
    by_length = {2: "stateKey", 5: "districtKey", 8: "municipalityKey", 12: "regionalKey"}
    key = by_length.get(len(code))
    return Iri(f"{GEOCODING}{key}/{code}") if key and kind != "other" else None
