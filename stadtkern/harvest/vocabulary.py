"""Words of foreign catalogues for what our vocabularies have codes for."""

from collections.abc import Callable
from typing import TypeAlias

from stadtkern.catalogue.vocabularies import (
    AVAILABILITIES,
    FORMATS,
    FREQUENCIES,
    HVD_CATEGORIES,
    LEVELS,
    THEMES,
    Format,
    format_of,
)
from stadtkern.harvest.licences import LIST
from stadtkern.harvest.values import line

Meaning: TypeAlias = Callable[[object], str]
"""Gives the code that a foreign value stands for; empty if there is none."""

_OGD_THEMES = {
    "bevoelkerung": ["SOCI"],
    "bildung_wissenschaft": ["EDUC", "TECH"],
    "gesetze_justiz": ["JUST"],
    "gesundheit": ["HEAL"],
    "infrastruktur_bauen_wohnen": ["REGI"],
    "geo": ["REGI"],
    "kultur_freizeit_sport_tourismus": ["EDUC"],
    "politik_wahlen": ["GOVE"],
    "soziales": ["SOCI"],
    "transport_verkehr": ["TRAN"],
    "umwelt_klima": ["ENVI"],
    "verwaltung": ["GOVE"],
    "wirtschaft_arbeit": ["ECON"],
}
"""Groups of the elder OGD metadata of Germany."""
_ISO_THEMES = {
    "farming": ["AGRI"],
    "biota": ["ENVI"],
    "boundaries": ["REGI", "GOVE"],
    "climatologymeteorologyatmosphere": ["ENVI"],
    "economy": ["ECON"],
    "elevation": ["ENVI"],
    "environment": ["ENVI"],
    "geoscientificinformation": ["ENVI"],
    "health": ["HEAL"],
    "imagerybasemapsearthcover": ["ENVI"],
    "inlandwaters": ["ENVI"],
    "location": ["REGI"],
    "oceans": ["ENVI"],
    "planningcadastre": ["REGI"],
    "society": ["SOCI"],
    "structure": ["REGI"],
    "transportation": ["TRAN"],
    "utilitiescommunication": ["ENER"],
}
"""MD_TopicCategoryCode of ISO 19115."""
_RHYTHMS = {
    **{code.casefold(): code for code in FREQUENCIES},
    "continual": "CONT",
    "continuous": "CONT",
    "fortnightly": "BIWEEKLY",
    "annually": "ANNUAL",
    "biannually": "ANNUAL_2",
    "semiannual": "ANNUAL_2",
    "asneeded": "IRREG",
    "irregular": "IRREG",
    "notplanned": "NEVER",
    "täglich": "DAILY",
    "stündlich": "HOURLY",
    "wöchentlich": "WEEKLY",
    "monatlich": "MONTHLY",
    "vierteljährlich": "QUARTERLY",
    "halbjährlich": "ANNUAL_2",
    "jährlich": "ANNUAL",
    "unregelmäßig": "IRREG",
    "rocznie": "ANNUAL",
    "miesięcznie": "MONTHLY",
    "codziennie": "DAILY",
}
_FORMAT_WORDS = {
    "geo+json": "GEOJSON",
    "geojson": "GEOJSON",
    "shape": "SHP",
    "shp": "SHP",
    "esri shapefile": "SHP",
    "shapefile": "SHP",
    "wms": "WMS_SRVC",
    "ogc:wms": "WMS_SRVC",
    "wms_srvc": "WMS_SRVC",
    "wfs": "WFS_SRVC",
    "ogc:wfs": "WFS_SRVC",
    "geopackage": "GPKG",
    "excel": "XLS",
    "vnd.ms-excel": "XLS",
    "ttl": "RDF_TURTLE",
    "turtle": "RDF_TURTLE",
    "rdf": "RDF_XML",
    "rdf+xml": "RDF_XML",
    "json-ld": "JSON_LD",
    "htm": "HTML",
    "text": "TXT",
    "plain": "TXT",
    "geotiff": "TIFF",
    "application/zip": "ZIP",
    "application/x-zip-compressed": "ZIP",
    "text/xml": "XML",
}


def _last(value: object) -> str:
    """Return the last part of a URI, or a word, in small letters."""
    return line(value, 300).rstrip("/").rpartition("/")[2].rpartition("#")[2].casefold()


def themes(value: object) -> list[str]:
    """Return the themes that a URI, a code or a word of other lists stands for."""
    word = _last(value)
    if word.upper() in THEMES:
        return [word.upper()]
    return _OGD_THEMES.get(word) or _ISO_THEMES.get(word.replace(" ", "")) or []


def frequency(value: object) -> str:
    """Return the rhythm that a URI, a code of ISO 19115 or a word stands for; empty if unknown."""
    word = _last(value).removeprefix("freq-").replace(" ", "")
    return _RHYTHMS.get(word, "")


def availability(value: object) -> str:
    """Return how long data are promised; empty if unknown."""
    word = _last(value).upper()
    return word if word in AVAILABILITIES else ""


def level(value: object) -> str:
    """Return the political level; empty if unknown."""
    word = _last(value)
    return next((code for code in LEVELS if code.casefold() == word), "")


def hvd_category(value: object) -> str:
    """Return the category of high-value datasets; empty if unknown."""
    word = _last(value)
    return word if word in HVD_CATEGORIES else ""


def file_format(*values: object) -> Format | None:
    """Return the first format that one of the values (URI, media type, word, extension) means."""
    for value in values:
        given = line(value, 300).removeprefix("https://www.iana.org/assignments/media-types/")
        given = given.removeprefix("http://www.iana.org/assignments/media-types/").partition(";")[0]
        if not given:
            continue
        word = given.casefold()
        code = _FORMAT_WORDS.get(word) or _FORMAT_WORDS.get(word.rpartition("/")[2])
        code = code or ("ZIP" if word.rpartition(".")[2] == "zip" else "")  # not each of them is a Shapefile
        found = FORMATS[code] if code else format_of(given)
        if found is not None:
            return found
    return None


def media_type(value: object) -> str:
    """Return a media type without the address in front of it; empty if it is none."""
    given = line(value, 300)
    given = given.partition("/media-types/")[2] or given
    is_type = given.count("/") == 1 and " " not in given and "://" not in given
    return given.casefold()[:150] if is_type else ""


def is_licence(value: str) -> bool:
    """Return whether a value is an entry of the German list of licences."""
    return value.replace("https://", "http://").startswith(LIST)
