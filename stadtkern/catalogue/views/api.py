"""The interface of datasets for programs, below `/api/v1/datasets/`."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.text import slugify

from stadtkern.base.errors import BadInput
from stadtkern.catalogue import asking, listing, uses
from stadtkern.catalogue.access import Reader, can_read, demand, note_read, reader_of, visible
from stadtkern.catalogue.aggregating import aggregate_of
from stadtkern.catalogue.describing import (
    absolute,
    column_json,
    dataset_json,
    profile_json,
    table_json,
)
from stadtkern.catalogue.loading import FORMS, file_of, sent
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.tableset import distributions_of, profile_of, table_of, tables_of
from stadtkern.catalogue.views.datasets import dataset_for, edition_for, table_for
from stadtkern.catalogue.views.interface import (
    VARY,
    interface,
    is_known,
    json_answer,
    tag_of,
    unchanged,
)
from stadtkern.tables import ID, Query, RowsPage, Table

PAGE, MOST_PAGE = 20, 100
JSON_SCHEMA = "application/vnd.tableschema+json"


class Source:
    """The edition of a table that an address means, for a reader who may read it."""

    def __init__(
        self, request: HttpRequest, slug: str, table: str | None, cursor: asking.Cursor | None = None
    ) -> None:
        self.reader: Reader = reader_of(request)
        self.dataset: Dataset = dataset_for(self.reader, slug)
        demand(self.reader, self.dataset)
        self.distribution, self.current = self._table(table)
        self.version: Version = self._edition(request, cursor)

    def _table(self, table: str | None) -> tuple[Distribution, Version]:
        if table is not None:
            return table_for(self.dataset, table)
        for distribution, version in tables_of(distributions_of(self.dataset)):
            distribution.dataset = self.dataset
            return distribution, version
        raise Http404

    def _edition(self, request: HttpRequest, cursor: asking.Cursor | None) -> Version:
        text = str(cursor.version) if cursor else request.GET.get("_version", "")
        if not text:
            return self.current
        if not text.isascii() or not text.isdigit() or len(text) > 9:  # noqa: PLR2004  # fits 32 bits
            raise BadInput("`_version` is the number of a version.")
        return edition_for(self.distribution, self.current, int(text))

    @property
    def table(self) -> Table:
        """The stored table."""
        return table_of(self.version)

    def tag(self, request: HttpRequest) -> str:
        """Return the ETag of what is made of it for a request."""
        return tag_of(
            request, self.version.pk, self.version.sha256, self.version.rows, self.version.created_at
        )


@interface("GET")
def datasets(request: HttpRequest) -> HttpResponse:
    """List the datasets, with the parameters of the page: `q`, facets, `order`, `page`, `size`."""
    reader, wanted = reader_of(request), listing.asked(request.GET.dict())
    found = listing.fitting(visible(reader), wanted).select_related("publisher", "profile", "series")
    size = request.GET.get("size", "")
    many = min(max(int(size), 1), MOST_PAGE) if size.isascii() and size.isdigit() and len(size) < 6 else PAGE  # noqa: PLR2004
    page = Paginator(found.prefetch_related("keywords"), many).get_page(request.GET.get("page"))
    rows = [_listed(one) for one in page]
    following = None
    if page.has_next():
        query = request.GET.copy()
        query["page"] = str(page.next_page_number())
        following = f"{absolute('api-datasets')}?{query.urlencode()}"
    body = {"count": page.paginator.count, "page": page.number, "pages": page.paginator.num_pages,
            "next": following, "datasets": rows}  # fmt: skip
    response = json_answer(body)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _listed(dataset: Dataset) -> dict[str, Any]:
    facts = dataset_json(dataset, (), is_readable=dataset.is_open)
    del facts["distributions"], facts["is_readable"]
    return {**facts, "url": absolute("api-dataset", dataset.slug)}


@interface("GET")
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with one dataset."""
    reader = reader_of(request)
    found = dataset_for(reader, slug)
    distributions = list(distributions_of(found))
    for one in distributions:
        one.dataset = found
    body = dataset_json(found, distributions, is_readable=can_read(reader, found))
    return json_answer(body, is_open=found.is_open)


@interface("GET")
def table(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Answer with one table: its columns, its files."""
    source = Source(request, slug, table)
    if is_known(request, tag := source.tag(request)):
        return unchanged(tag)
    body = table_json(source.dataset, source.distribution, source.version)
    return json_answer(body, tag=tag, is_open=source.dataset.is_open)


@interface("GET")
def rows(request: HttpRequest, slug: str, table: str | None = None, suffix: str = "") -> HttpResponseBase:
    """Answer with rows: a page of them as JSON, or all that fit as a file."""
    form = _form(request, suffix)
    cursor = asking.cursor_of(request.GET)
    source = Source(request, slug, table, cursor)
    if is_known(request, tag := source.tag(request)):
        return unchanged(tag)
    if not form:
        return _rows_json(request, source, cursor, tag)
    return _rows_file(request, source, form, tag)


def _form(request: HttpRequest, suffix: str) -> str:
    """Return the file format asked for, by the ending of the address or by `Accept`; empty: JSON."""
    if suffix:
        if suffix not in FORMS:
            raise Http404
        return suffix
    for part in request.headers.get("Accept", "").split(","):
        wanted = part.partition(";")[0].strip().lower()
        if wanted in {"application/json", "*/*", "application/*"}:
            return ""
        for form in FORMS.values():
            if wanted and wanted == form.media_type.partition(";")[0]:
                return form.suffix
    return ""


def _rows_json(request: HttpRequest, source: Source, cursor: asking.Cursor | None, tag: str) -> HttpResponse:
    found = source.table
    query = asking.read_program(request.GET, found.columns)
    if cursor is not None:
        query = replace(query, offset=cursor.offset)
    page = found.rows(query)
    following = _following(request, source, query, page)
    body = {
        "dataset": source.dataset.slug,
        "table": source.distribution.name,
        "version": source.version.number,
        "licence": source.distribution.licence_facts.uri or source.distribution.licence_facts.title,
        "attribution": source.distribution.attribution or source.dataset.profile.attribution or None,
        "total": page.total,
        "offset": query.offset,
        "limit": query.limit,
        "next": following,
        "columns": [column_json(one) for one in found.columns if one.name in page.columns],
        "rows": page.as_dicts(),
    }
    note_read(source.reader, source.dataset, "rows", len(page.rows))
    uses.note(request, source.dataset, "api")
    response = json_answer(body, tag=tag, is_open=source.dataset.is_open)
    if following:
        response.headers["Link"] = f'<{following}>; rel="next"'
    return response


def _following(request: HttpRequest, source: Source, query: Query, page: RowsPage) -> str | None:
    """Return the address of the next rows; it holds on to the edition that was begun with."""
    after = query.offset + len(page.rows)
    if not page.rows or after >= page.total:
        return None
    names = {column for column in page.columns if column != ID}
    pairs = [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in {"_cursor", "_offset", "_page", "_version"} and (name in names or name != "offset")
    ]
    pairs.append(("_cursor", str(asking.Cursor(source.version.number, after))))
    address = absolute("api-table-rows", source.dataset.slug, source.distribution.slug)
    return f"{address}?{urlencode(pairs)}"


def _rows_file(request: HttpRequest, source: Source, suffix: str, tag: str) -> HttpResponseBase:
    found, form = source.table, FORMS[suffix]
    query = asking.read_program(request.GET, found.columns, usual=0)
    file = file_of(found, query, form, dialect=request.GET.get("_dialect", ""))
    note_read(source.reader, source.dataset, "download", found.count(query))
    uses.note(request, source.dataset, "download")
    response = sent(request, file, form.media_type, f"{file_name(source)}.{suffix}")
    response.headers["ETag"], response.headers["Vary"] = tag, VARY
    response.headers["Cache-Control"] = (
        "public, max-age=60" if source.dataset.is_open else "private, no-cache"
    )
    return response


def file_name(source: Source) -> str:
    """Return the name of a file without its ending: dataset, table where it says more, edition."""
    parts = [source.dataset.slug]
    if source.distribution.slug != source.dataset.slug:
        parts.append(source.distribution.slug)
    return f"{slugify('-'.join(parts))}-v{source.version.number}"


@interface("GET")
def schema(request: HttpRequest, slug: str, table: str | None = None) -> HttpResponse:
    """Answer with the Table Schema (Frictionless)."""
    source = Source(request, slug, table)
    if is_known(request, tag := source.tag(request)):
        return unchanged(tag)
    response = json_answer(dict(source.table.schema), tag=tag, is_open=source.dataset.is_open)
    response.headers["Content-Type"] = JSON_SCHEMA
    return response


@interface("GET")
def profile(request: HttpRequest, slug: str, table: str | None = None) -> HttpResponse:
    """Answer with numbers about every column."""
    source = Source(request, slug, table)
    if is_known(request, tag := source.tag(request)):
        return unchanged(tag)
    body = {"table": source.distribution.name, "version": source.version.number,
            "rows": source.version.rows, "columns": profile_json(profile_of(source.table))}  # fmt: skip
    return json_answer(body, tag=tag, is_open=source.dataset.is_open)


@interface("GET")
def aggregate(request: HttpRequest, slug: str, table: str | None = None) -> HttpResponse:
    """Answer with groups: `_by=column:bucket,...`, `_measure=sum:column,...`, filters as for rows."""
    source = Source(request, slug, table)
    if is_known(request, tag := source.tag(request)):
        return unchanged(tag)
    found = source.table
    wanted = aggregate_of(request.GET, found.columns)
    answer = found.aggregate(wanted, asking.read(request.GET, found.columns))
    note_read(source.reader, source.dataset, "aggregate", len(answer.rows))
    uses.note(request, source.dataset, "api")
    body = {
        "table": source.distribution.name,
        "version": source.version.number,
        "columns": answer.columns,
        "is_cut": answer.is_cut,
        "rows": [dict(zip(answer.columns, row, strict=True)) for row in answer.rows],
    }
    return json_answer(body, tag=tag, is_open=source.dataset.is_open)
