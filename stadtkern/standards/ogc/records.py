"""The datasets of the catalogue as records (20-004r1 OGC API Records 1.0)."""

from typing import Any

import msgspec
from django.db.models import Prefetch, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from stadtkern.base.errors import NotFound
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.vocabularies import THEMES
from stadtkern.features.boxes import WORLD, Bounds, parts
from stadtkern.standards.ogc import times
from stadtkern.standards.ogc.answering import Reply, header_links, link, own_links
from stadtkern.standards.ogc.asking import GEOJSON, HTML, JSON, Ask, whole
from stadtkern.standards.ogc.conformance import RECORDS
from stadtkern.standards.ogc.errors import BadParameter
from stadtkern.web.fields import FALLBACK

NAME = "catalogue"
PARAMETERS = ("bbox", "bbox-crs", "cursor", "datetime", "externalIds", "ids", "limit", "q", "type")
DEFAULT, MOST, MOST_WORDS = 10, 1000, 10
THEME_SCHEME = "http://publications.europa.eu/resource/authority/data-theme"


def collection(ask: Ask) -> dict[str, Any]:
    """Return the description of the catalogue as a collection."""
    own = f"{ask.root}/collections/{NAME}"
    return {
        "id": NAME,
        "type": "Collection",
        "title": _("Catalogue"),
        "description": _("All datasets of the town."),
        "itemType": "record",
        "conformsTo": [f"{RECORDS}record-collection", f"{RECORDS}searchable-catalog"],
        "extent": {"spatial": {"bbox": [list(WORLD)]}},
        "links": [
            link(own, "self", JSON, _("Catalogue")),
            link(f"{own}/items?f=json", "items", GEOJSON, _("Records as GeoJSON")),
            link(f"{own}/items?f=html", "items", HTML, _("Records as a page")),
        ],
    }


def public() -> "QuerySet[Dataset]":
    """Return the datasets of the catalogue with all a record shows; four queries."""
    offered = Prefetch("distributions", Distribution.objects.filter(is_live=True))
    related = ("publisher", "profile", "area")
    found: QuerySet[Dataset] = (
        Dataset.objects.public().select_related(*related).prefetch_related("keywords", offered)
    )
    return found


def many(ask: Ask, box: Bounds | None) -> Reply:
    """Return a page of records (requirement record-core-query-parameters)."""
    limit = whole(ask, "limit", DEFAULT, 1, MOST)
    after = whole(ask, "cursor", 0, 0, 10**18)
    rows = _chosen(ask, box)
    matched = rows.count()
    found = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    shown = found[:limit]
    forms = {"json": GEOJSON, "html": HTML}
    links = own_links(ask, forms)
    if len(found) > limit:
        from urllib.parse import urlencode  # noqa: PLC0415  # only on pages with a next one

        query = urlencode({**ask.parameters, "cursor": shown[-1].pk, "f": ask.form})
        links.append(link(f"{ask.url}?{query}", "next", ask.media_type, _("Next page")))
    document = {
        "type": "FeatureCollection",
        "features": [record(ask, one) for one in shown],
        "numberReturned": len(shown),
        "numberMatched": matched,
        "links": links,
    }
    facts = {
        "datasets": shown,
        "matched": matched,
        "words": ask.parameters.get("q", ""),
        "next": next((one["href"] for one in links if one["rel"] == "next"), ""),
    }
    return Reply(document, "ogc/records.html", facts, header_links(links))


def one(ask: Ask, key: str) -> Reply:
    """Return one record (requirement record-core)."""
    found = public().filter(slug=key).first()
    if found is None:
        raise NotFound(f"There is no record {key[:100]!r}.")
    document = record(ask, found)
    forms = {"json": GEOJSON, "html": HTML}
    own = own_links(ask, forms)
    collection_link = link(f"{ask.root}/collections/{NAME}", "collection", JSON, _("Catalogue"))
    document["links"] = [*own, collection_link, *document["links"]]
    return Reply(document, "ogc/record.html", {"dataset": found}, header_links(own))


def _chosen(ask: Ask, box: Bounds | None) -> "QuerySet[Dataset]":
    wanted, rows = ask.parameters, public()
    if "q" in wanted:
        rows = rows.filter(_with_words(wanted["q"]))
    if "ids" in wanted:
        rows = rows.filter(slug__in=wanted["ids"].split(",")[:1000])
    if "externalIds" in wanted:
        rows = rows.filter(identifier__in=wanted["externalIds"].split(",")[:1000])
    if "type" in wanted and "dataset" not in wanted["type"].split(","):
        rows = rows.none()
    if box is not None:
        rows = rows.filter(_meets(box))
    if "datetime" in wanted:
        rows = rows.filter(_during(times.span(wanted["datetime"])))
    return rows


def _with_words(text: str) -> Q:
    """Return what holds for datasets with one of the terms, which stand between commas (20-004r1, 8.4.2)."""
    terms = [term.strip().lower() for term in text.split(",") if term.strip()]
    if not 1 <= len(terms) <= MOST_WORDS:
        raise BadParameter(f"q: write 1 to {MOST_WORDS} terms with commas between")
    from django.db.models.lookups import Contains  # noqa: PLC0415  # beside its use

    from stadtkern.catalogue.models import Keyword  # noqa: PLC0415
    from stadtkern.standards.ogc.filters import FoldCase  # noqa: PLC0415

    found = Q()
    for term in terms:
        for column in ("title", "summary", "description"):
            for code in FALLBACK:
                words = FoldCase(KeyTextTransform(code, column), output_field=TextField())
                found |= Q(Contains(words, term))
        tagged = Keyword.objects.filter(Contains(FoldCase("word", output_field=TextField()), term))
        found |= Q(keywords__in=tagged.values("pk"))
    return Q(pk__in=Dataset.objects.filter(found).values("pk"))


def _meets(box: Bounds) -> Q:
    found = Q(extent=None, area=None)
    for part in parts(box):
        found |= Q(extent__meets_box=part) | Q(extent=None, area__geometry__meets_box=part)
    return found


def _during(span: Any) -> Q:  # noqa: ANN401  # boxes.Span
    found = Q()
    if span.end is not None:
        found &= Q(temporal_start__lte=span.end) | Q(temporal_start=None)
    if span.start is not None:
        found &= Q(temporal_end__gte=span.start) | Q(temporal_end=None)
    return found


def record(ask: Ask, dataset: Dataset) -> dict[str, Any]:
    """Return a dataset as a record (20-004r1 table 8)."""
    page = ask.request.build_absolute_uri(dataset.get_absolute_url())
    licence = dataset.profile.licence_facts
    properties: dict[str, Any] = {
        "type": "dataset",
        "title": str(dataset),
        "description": dataset.get_description(),
        "language": {"code": dataset.language or "de"},
        "created": _text(dataset.issued),
        "updated": _text(dataset.modified),
        "keywords": [keyword.word for keyword in dataset.keywords.all()],
        "license": licence.url or licence.title,
        "contacts": [
            {
                "name": str(dataset.publisher),
                "roles": ["publisher"],
                "emails": [{"value": dataset.contact_email}] if dataset.contact_email else [],
            }
        ],
        "externalIds": [{"value": dataset.identifier}] if dataset.identifier else [],
    }
    themes = [{"id": code, "title": str(THEMES[code].title)} for code in dataset.themes if code in THEMES]
    if themes:
        properties["themes"] = [{"concepts": themes, "scheme": THEME_SCHEME}]
    return {
        "id": dataset.slug,
        "type": "Feature",
        "conformsTo": [f"{RECORDS}record-core"],
        "time": _time(dataset),
        "geometry": _geometry(dataset),
        "properties": {name: value for name, value in properties.items() if value not in (None, [], "")},
        "links": [
            link(page, "describedby", HTML, str(dataset)),
            *(_distribution_link(ask, dataset, one) for one in dataset.distributions.all()),
        ],
    }


def _distribution_link(ask: Ask, dataset: Dataset, one: Distribution) -> dict[str, Any]:
    page = ask.request.build_absolute_uri(dataset.get_absolute_url())
    address = one.download_url or one.access_url
    facts = one.format_facts
    media = one.media_type or (facts.media_type if facts else "")
    return link(address or f"{page}#{one.slug}", "enclosure" if address else "item", media or HTML, str(one))


def _geometry(dataset: Dataset) -> Any:  # noqa: ANN401  # GeoJSON
    if dataset.extent:
        return msgspec.json.decode(dataset.extent.geojson)
    if dataset.area:
        return msgspec.json.decode(dataset.area.geometry.envelope.geojson)
    return None


def _time(dataset: Dataset) -> dict[str, Any] | None:
    if dataset.temporal_start is None and dataset.temporal_end is None:
        return None
    return {"interval": [_text(dataset.temporal_start) or "..", _text(dataset.temporal_end) or ".."]}


def _text(time: Any) -> str | None:  # noqa: ANN401  # a time or None
    return time.isoformat().replace("+00:00", "Z") if time else None
