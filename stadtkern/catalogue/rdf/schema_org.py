"""A dataset in the words of schema.org, for search engines (https://schema.org/Dataset)."""

from typing import Any

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.rdf import distributions, names
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.governance.licences import licence
from stadtkern.web.fields import in_language

Json = dict[str, Any]
MOST_COLUMNS = 100
LEAST_DESCRIPTION, MOST_DESCRIPTION = 50, 5000
"""Search engines refuse shorter and longer ones."""


def described(one: Dataset) -> Json:
    """Return the dataset, which was read with `queries.described`, in the active language."""
    title, language = in_language(one.title)
    text = one.get_description() or one.get_summary() or title
    if len(text) < LEAST_DESCRIPTION:
        text = f"{title}. {text}"
    found: Json = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": names.dataset(one),
        "name": title or one.slug,
        "description": text[:MOST_DESCRIPTION],
        "url": names.page(one),
        "identifier": one.identifier or names.dataset(one),
        "inLanguage": language,
        "keywords": [word.word for word in one.keywords.all()],
        "license": _licence(one.profile.licence),
        "isAccessibleForFree": True if one.is_open else None,
        "creator": _organisation(one),
        "publisher": _organisation(one),
        "datePublished": _day(one.issued or one.created_at),
        "dateModified": _day(one.modified),
        "temporalCoverage": _time(one),
        "spatialCoverage": _place(one),
        "variableMeasured": _columns(one),
        "includedInDataCatalog": {"@type": "DataCatalog", "url": names.catalogue()},
        "distribution": [file for each in one.distributions.all() for file in _files(each, one)],
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _licence(code: str) -> str:
    facts = licence(code)
    return facts.url or facts.uri or facts.title


def _organisation(one: Dataset) -> Json:
    found = {"@type": "Organization", "name": str(one.publisher), "url": one.publisher.homepage}
    return {name: value for name, value in found.items() if value}


def _day(time: Any) -> str | None:  # noqa: ANN401
    return time.date().isoformat() if time else None


def _time(one: Dataset) -> str | None:
    if one.temporal_start is None and one.temporal_end is None:
        return None
    return f"{_day(one.temporal_start) or '..'}/{_day(one.temporal_end) or '..'}"


def _place(one: Dataset) -> Json | None:
    shape = one.extent or (one.area.geometry if one.area else None)
    if shape is None or shape.empty:
        return None
    west, south, east, north = shape.extent
    found: Json = {"@type": "Place", "geo": {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"}}
    if one.area is not None:
        found["name"] = str(one.area)
    return found


def _columns(one: Dataset) -> list[str]:
    """Return the names of the columns of its tables."""
    versions = [version for each in one.distributions.all() if (version := each.current_version)]
    names_ = [column.get("title") or column.get("name") for version in versions
              for column in version.table_schema.get("fields", [])]  # fmt: skip
    return [name for name in dict.fromkeys(names_) if name and not name.startswith("_")][:MOST_COLUMNS]


def _files(each: Distribution, one: Dataset) -> list[Json]:
    if not one.is_open:
        return []
    each.dataset = one
    version = each.current_version
    if version is None:
        address = each.download_url or each.access_url
        facts = FORMATS.get(each.format)
        kind = each.media_type or (facts.media_type if facts else "")
        return [_download(str(each), address, kind)] if address else []
    return [
        _download(str(each), names.rows_file(each, FORMATS[code].extension), FORMATS[code].media_type)
        for code in distributions.table_formats(version)
    ]


def _download(name: str, address: str, media_type: str) -> Json:
    found = {"@type": "DataDownload", "name": name, "contentUrl": address, "encodingFormat": media_type}
    return {key: value for key, value in found.items() if value}
