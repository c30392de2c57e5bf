"""What the page of a dataset says of its description: points, other forms, words for search engines."""

import json
from urllib.parse import quote

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.quality import links
from stadtkern.catalogue.quality.score import DIMENSIONS, score
from stadtkern.catalogue.rdf import names, schema_org
from stadtkern.catalogue.rdf.catalogue import FORMS
from stadtkern.catalogue.rdf.queries import described

_TITLES = {"ttl": "Turtle", "rdf": "RDF/XML", "jsonld": "JSON-LD"}


def _whole(dataset: Dataset) -> Dataset:
    """Return the dataset with all that is said of it; read once for all parts of a page."""
    found: Dataset | None = dataset.__dict__.get("_described")
    if found is None:
        found = described(Dataset.objects.filter(pk=dataset.pk)).get()
        dataset.__dict__["_described"] = found
    return found


def quality(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Show the points of the description and what they are made of."""
    whole = _whole(dataset)
    found = score(whole, broken=links.broken_of(whole))
    dimensions = [(title, *found.by_dimension[name]) for name, title in DIMENSIONS.items()]
    context = {"score": found, "dimensions": dimensions}
    return render_to_string("catalogue_quality/quality.html", context, request)


def formats(request: HttpRequest, dataset: Dataset) -> SafeString:
    """Show the lasting name of a public dataset and the forms in which its description can be had."""
    if not dataset.is_public:
        return SafeString("")
    own = f"{names.base()}/data/{dataset.slug}"
    forms = [(_TITLES[ending], f"{own}.{ending}") for ending in FORMS]
    ckan = f"{names.base()}/api/3/action/package_show?id={quote(dataset.slug)}"
    context = {"name": own, "forms": forms, "ckan": ckan}
    return render_to_string("catalogue_quality/formats.html", context, request)


def head(_request: HttpRequest, dataset: Dataset) -> SafeString:
    """Return what search engines and feed readers look for in the head of a page."""
    if not dataset.is_public:
        return SafeString("")
    text = json.dumps(schema_org.described(_whole(dataset)), ensure_ascii=False)
    # a data block, which no policy forbids; nothing in it may look like the end of the element
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    own = f"{names.base()}/data/{dataset.slug}"
    others = [
        format_html('<link rel="alternate" type="{}" href="{}.{}">', form.MEDIA_TYPE, own, ending)
        for ending, form in FORMS.items()
    ]
    feed = format_html('<link rel="alternate" type="application/atom+xml" href="{}.atom">', names.catalogue())
    block = f'<script type="application/ld+json">{safe}</script>'
    return mark_safe("".join([*others, feed, block]))  # noqa: S308  # escaped above
