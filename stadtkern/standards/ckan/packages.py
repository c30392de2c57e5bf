"""Datasets, distributions, publishers, themes, keywords and licences as CKAN's dictionaries."""

import json
from datetime import datetime
from typing import Any

from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword, Version
from stadtkern.catalogue.rdf import distributions, mapping, names
from stadtkern.catalogue.vocabularies import (
    FORMATS,
    FREQUENCIES,
    HVD_CATEGORIES,
    HVD_REGULATION,
    LEVELS,
    THEMES,
    Concept,
)
from stadtkern.governance.licences import LICENCES, Licence, licence
from stadtkern.web.fields import in_language

Json = dict[str, Any]
MAIN = "de"
"""CKAN knows one language; the others stand in `*_translated`, as ckanext-fluent has them."""


def text(values: dict[str, str]) -> str:
    """Return a text in the main language, or the next that there is."""
    return in_language(values, MAIN)[0]


def when(time: datetime | None) -> str | None:
    """Return a time as CKAN writes it: UTC, without saying so."""
    return time.replace(tzinfo=None).isoformat() if time else None


def package(one: Dataset) -> Json:
    """Return a dataset that was read with `queries.described`."""
    resources = [resource(each, one) for each in one.distributions.all()]
    facts = _licence_of(one)
    tags = [tag(word) for word in one.keywords.all()]
    return {
        "id": one.slug,
        "name": one.slug,
        "title": text(one.title) or one.slug,
        "title_translated": one.title,
        "notes": text(one.description),
        "notes_translated": one.description,
        "author": text(one.publisher.name),
        "author_email": one.publisher.email or None,
        "maintainer": one.contact_name or None,
        "maintainer_email": one.contact_email or None,
        "license_id": facts.code,
        "license_title": facts.title,
        "license_url": facts.url or facts.uri,
        "isopen": is_open(facts),
        "metadata_created": when(one.created_at),
        "metadata_modified": when(one.changed_at),
        "creator_user_id": None,
        "organization": organization(one.publisher, short=True),
        "owner_org": one.publisher.slug,
        "private": False,
        "state": "active",
        "type": "dataset",
        "url": one.landing_page or names.page(one),
        "version": None,
        "num_resources": len(resources),
        "num_tags": len(tags),
        "resources": resources,
        "tags": tags,
        "groups": [group(THEMES[code]) for code in one.themes if code in THEMES],
        "extras": [{"key": key, "value": value} for key, value in _extras(one) if value],
        "relationships_as_subject": [],
        "relationships_as_object": [],
    }


def _licence_of(one: Dataset) -> Licence:
    """Return the licence of the dataset: that of its first distribution, else of its profile."""
    first = next(iter(one.distributions.all()), None)
    return licence((first.licence if first else "") or one.profile.licence)


def is_open(facts: Licence) -> bool:
    """Whether the licence is open in the sense of the Open Definition."""
    return facts.code in LICENCES and facts.code != "other"


def _extras(one: Dataset) -> list[tuple[str, str]]:
    """Return what CKAN has no field for, by the names that ckanext-dcat and ckanext-dcatde read."""
    shape = one.extent or (one.area.geometry.envelope if one.area else None)
    return [
        ("uri", names.dataset(one)),
        ("identifier", one.identifier or names.dataset(one)),
        ("issued", when(one.issued) or ""),
        ("modified", when(one.modified) or ""),
        ("language", json.dumps([one.language]) if one.language else ""),
        ("theme", _names(one.themes, THEMES)),
        ("frequency", FREQUENCIES[one.frequency].uri if one.frequency in FREQUENCIES else ""),
        ("access_rights", mapping.access_right(one.profile)),
        ("publisher_name", text(one.publisher.name)),
        ("publisher_uri", names.agent(one.publisher)),
        ("contact_name", one.contact_name),
        ("contact_email", one.contact_email),
        ("contact_uri", one.contact_url),
        ("temporal_start", when(one.temporal_start) or ""),
        ("temporal_end", when(one.temporal_end) or ""),
        ("spatial", shape.geojson if shape else ""),
        ("provenance", text(one.provenance)),
        ("politicalGeocodingLevelURI", LEVELS[one.level].uri if one.level in LEVELS else ""),
        ("contributorID", mapping.contributor()),
        ("hvd_category", _names(one.hvd_categories, HVD_CATEGORIES)),
        ("applicable_legislation", json.dumps([HVD_REGULATION]) if one.hvd_categories else ""),
        *[(f"extras_{key}", str(value)) for key, value in _foreign(one.extra)],
    ]


def _names(codes: list[str], table: dict[str, Concept]) -> str:
    """Return the names of codes as a list in JSON; empty for none."""
    found = [table[code].uri for code in codes if code in table]
    return json.dumps(found) if found else ""


def _foreign(extra: object) -> list[tuple[str, object]]:
    """Return the extras of a dataset that came from another CKAN."""
    given = extra.get("ckan") if isinstance(extra, dict) else None
    return (
        [(key, value) for key, value in given.items() if isinstance(value, str)]
        if isinstance(given, dict)
        else []
    )


def resource(one: Distribution, dataset: Dataset) -> Json:
    """Return a distribution; a table has its rows in the DataStore."""
    one.dataset = dataset
    version = one.current_version
    facts = FORMATS["CSV"] if version else FORMATS.get(one.format)
    code = one.licence or dataset.profile.licence
    return {
        "id": one.name,
        "package_id": dataset.slug,
        "name": text(one.title) or one.slug,
        "name_translated": one.title,
        "description": text(one.description),
        "url": _address(one, dataset, version),
        "access_url": names.table_page(one) if version else one.access_url or names.page(dataset),
        "download_url": _address(one, dataset, version) if version else one.download_url or None,
        "url_type": "datastore" if version else None,
        "datastore_active": version is not None and dataset.is_open,
        "format": facts.title if facts else one.format,
        "mimetype": facts.media_type if facts else one.media_type or None,
        "size": None if version else one.byte_size,
        "hash": "" if version else one.checksum,
        "hash_algorithm": ""
        if version or not one.checksum
        else "http://spdx.org/rdf/terms#checksumAlgorithm_sha256",
        "created": when(one.issued or dataset.created_at),
        "last_modified": when(version.finished_at if version else one.modified),
        "metadata_modified": when(dataset.changed_at),
        "license": distributions.licence_name(code).value,
        "licenseAttributionByText": distributions.attribution(one, dataset),
        "position": one.position,
        "resource_type": None,
        "state": "active",
        "uri": names.distribution(one),
    }


def _address(one: Distribution, dataset: Dataset, version: Version | None) -> str:
    if version is not None:
        return names.rows_file(one, "csv") if dataset.is_open else names.table_page(one)
    return one.download_url or one.access_url or names.page(dataset)


def organization(one: Agent, *, short: bool = False, count: int | None = None) -> Json:
    """Return a publisher."""
    found: Json = {
        "id": one.slug,
        "name": one.slug,
        "title": text(one.name) or one.slug,
        "type": "organization",
        "description": "",
        "image_url": "",
        "is_organization": True,
        "approval_status": "approved",
        "state": "active",
    }
    if short:
        return found
    return {
        **found,
        "display_name": found["title"],
        "image_display_url": "",
        "package_count": count or 0,
        "extras": [],
        "tags": [],
        "groups": [],
        "users": [],
        "num_followers": 0,
    }


def group(concept: Concept, *, count: int | None = None) -> Json:
    """Return a theme as group."""
    found: Json = {
        "id": concept.code.lower(),
        "name": concept.code.lower(),
        "title": str(concept.title),
        "display_name": str(concept.title),
        "description": "",
        "image_display_url": "",
    }
    if count is None:
        return found
    return {
        **found,
        "type": "group",
        "state": "active",
        "is_organization": False,
        "image_url": "",
        "approval_status": "approved",
        "package_count": count,
        "extras": [],
        "tags": [],
        "groups": [],
        "users": [],
        "num_followers": 0,
    }


def tag(word: Keyword) -> Json:
    """Return a keyword."""
    return {
        "id": word.slug or word.word,
        "name": word.word,
        "display_name": word.word,
        "state": "active",
        "vocabulary_id": None,
    }


def license_entry(facts: Licence) -> Json:
    """Return a licence of the list."""
    conformance = "approved" if is_open(facts) else "not reviewed"
    return {
        "id": facts.code,
        "title": facts.title,
        "url": facts.url or facts.uri,
        "status": "active",
        "domain_content": True,
        "domain_data": True,
        "domain_software": False,
        "family": "",
        "is_generic": facts.code == "other",
        "is_okd_compliant": is_open(facts),
        "is_osi_compliant": False,
        "maintainer": "",
        "od_conformance": conformance,
        "osd_conformance": "not reviewed",
    }
