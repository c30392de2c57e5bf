"""Pages of tables: rows, charts, map, columns, use elsewhere; embeds, pictures and saved views."""

from functools import wraps
from typing import Any

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_POST, require_safe

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.catalogue import asking, uses
from stadtkern.catalogue.access import demand, note_read, reader_of
from stadtkern.catalogue.charts import Figure, choices, figure, spec_of
from stadtkern.catalogue.charts.spec import BUCKETS, HOW, KINDS
from stadtkern.catalogue.columns import facts_of
from stadtkern.catalogue.models import SavedView
from stadtkern.catalogue.places import MOST_ON_MAP, PER_PAGE, places
from stadtkern.catalogue.snippets import snippets
from stadtkern.catalogue.tablepage import OPS, SIZES, TablePage
from stadtkern.catalogue.tableset import table_of
from stadtkern.catalogue.views.datasets import Withdrawn, dataset_for, edition_for, table_for, tombstone
from stadtkern.people.models import User
from stadtkern.web.maps import feature_collection

MOST_VIEWS = 50


def _asked(request: HttpRequest, slug: str, table: str) -> TablePage:
    """Return the table that an address means, for a reader who may read it."""
    reader = reader_of(request)
    dataset = dataset_for(reader, slug)
    distribution, current = table_for(dataset, table)
    demand(reader, dataset)
    text = request.GET.get("_version", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else current.number  # noqa: PLR2004
    version = edition_for(distribution, current, number)
    page = TablePage(dataset, distribution, version, table_of(version), request.GET)
    note_read(reader, dataset, "page", version.rows)
    return page


def _or_tombstone(view: Any) -> Any:  # noqa: ANN401  # a view in, a view out
    """Answer with the tombstone where the dataset was taken back."""

    @wraps(view)
    def answered(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        try:
            found: HttpResponseBase = view(request, slug, *args, **kwargs)
        except Withdrawn as gone:
            return tombstone(request, gone.dataset)
        return found

    return answered


@require_safe
@_or_tombstone
def table(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Show one table in one of its views."""
    problem = ""
    if "_col" in request.GET:
        try:
            return redirect(_with_condition(_asked(request, slug, table)))
        except BadInput as error:
            problem = str(error)
    page = _asked(request, slug, table)
    uses.note(request, page.dataset, "map" if page.view == "map" else "view")
    context = {
        "page": page,
        "problem": problem,
        "dataset": page.dataset,
        **_common(page),
        **_of_view(request, page),
    }
    context["may_keep"] = request.user.has_perm("catalogue.change_distribution", page.distribution)
    return render(request, "catalogue/table.html", context, status=422 if problem else 200)


def _with_condition(page: TablePage) -> str:
    """Return the address with one condition more; refuse one that cannot be read."""
    given = page.parameters
    (name,) = asking.known([given.get("_col", "")], page.columns)
    op, value = given.get("_op", "eq"), given.get("_val", "").strip()
    if op not in OPS:
        raise BadInput(_("There is no such comparison."))
    if op in {"isnull", "notnull"}:
        value = "1"
    elif not value:
        raise BadInput(_("Write a value to compare with."))
    if (
        page.by_name[name].kind == "number"
        and op not in {"isnull", "notnull"}
        and "," in value
        and "." not in value
    ):
        value = value.replace(",", ".")  # people of most of our languages write 3,5
    key = name if op == "eq" else f"{name}__{op}"
    query = given.copy()
    for one in ("_col", "_op", "_val", "_page"):
        query.pop(one, None)
    query.appendlist(key, value)
    asking.read(query, page.columns)
    path = reverse("table", args=[page.dataset.slug, page.distribution.slug])
    return f"{path}?{query.urlencode()}"


def _common(page: TablePage) -> dict[str, Any]:
    """Return what all views show: conditions to add, saved views."""
    ops = dict.fromkeys(op for column in page.columns for op in asking.ops_of(column))
    return {
        "ops": [(op, OPS[op]) for op in OPS if op in ops],
        "saved": list(SavedView.objects.filter(distribution=page.distribution)[:MOST_VIEWS]),
    }


def _of_view(request: HttpRequest, page: TablePage) -> dict[str, Any]:
    """Return what the chosen view shows."""
    if page.view == "chart":
        return _chart(page)
    if page.view == "map":
        return _map(page)
    if page.view == "columns":
        return {"facts": [facts_of(one) for one in page.profiles()]}
    if page.view == "use":
        return {"snippets": snippets(page), "embed": _embed_code(page)}
    shown = {one.name for one in page.shown_columns()}
    return {
        "rows": page.rows(),
        "pickable": [(one, one.name in shown) for one in page.columns],
        "sizes": [
            (size, page.address(_size=str(size), _page=""), size == page.query.limit) for size in SIZES
        ],
    }


def _chart(page: TablePage) -> dict[str, Any]:
    profiles = page.profiles()
    spec = spec_of(page.given, profiles)
    have = choices(profiles)
    numeric = [one.column for one in profiles if one.column.kind in {"integer", "number"}]
    return {
        "spec": spec,
        "figure": figure(page.table, spec, page.query) if spec else None,
        "kinds": list(KINDS.items()),
        "axes": have.axes or list(page.columns),
        "numbers": have.numbers or numeric,
        "categories": have.categories,
        "hows": list(HOW.items()),
        "buckets": list(BUCKETS.items()),
        "picture": _picture_address(page, "svg"),
        "embed": _embed_code(page),
    }


def _map(page: TablePage) -> dict[str, Any]:
    number = page.parameters.get("_page", "1")
    first = max(int(number) - 1, 0) if number.isascii() and number.isdigit() and len(number) < 7 else 0  # noqa: PLR2004
    found, rows = places(page.table, page.query, most=PER_PAGE, offset=first * PER_PAGE)
    pages = max(1, -(-rows.total // PER_PAGE))
    args = [page.dataset.slug, page.distribution.slug]
    return {
        "places": found,
        "places_total": rows.total,
        "places_src": reverse("table-places", args=args) + page.address(_view="", _page=""),
        "most": MOST_ON_MAP,
        "map_previous": page.address(_page=str(first)) if first else "",
        "map_following": page.address(_page=str(first + 2)) if first + 1 < pages else "",
        "map_page": first + 1,
        "map_pages": pages,
    }


def _picture_address(page: TablePage, suffix: str) -> str:
    args = [page.dataset.slug, page.distribution.slug, suffix]
    return reverse("table-picture", args=args) + page.address(_view="", _page="")


def _embed_code(page: TablePage) -> str:
    """Return the address that other pages may frame."""
    args = [page.dataset.slug, page.distribution.slug]
    view = page.view if page.view in {"table", "chart", "map"} else "table"
    return reverse("table-embed", args=args) + page.address(_view=view)


@require_safe
@_or_tombstone
def places_json(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Answer with the rows as points, for the map."""
    page = _asked(request, slug, table)
    found, _rows = places(page.table, page.query, most=MOST_ON_MAP)
    response = JsonResponse(feature_collection(found), content_type="application/geo+json")
    response.headers["Cache-Control"] = "max-age=60" if page.dataset.is_open else "private, no-cache"
    return response


@require_safe
@_or_tombstone
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})  # type: ignore[arg-type]  # django-csp types views without arguments
def embed(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Show a table, chart or map on a page that others may frame."""
    page = _asked(request, slug, table)
    if not page.dataset.is_open:
        raise NotPermitted("Only what is open to everybody can be shown on other pages.")
    if page.view not in {"table", "chart", "map"}:
        raise Http404
    address = reverse("table", args=[slug, table]) + page.address()
    context = {"page": page, "address": address, "is_embedded": True, **_of_view(request, page)}
    return render(request, "catalogue/embed.html", context)


@require_safe
@_or_tombstone
def picture(request: HttpRequest, slug: str, table: str, suffix: str) -> HttpResponse:
    """Answer with the chart as a picture that stands alone, with title, source and licence in it."""
    page = _asked(request, slug, table)
    spec = spec_of(page.given, page.profiles())
    drawn: Figure | None = figure(page.table, spec, page.query) if spec else None
    if suffix != "svg" or drawn is None or drawn.is_empty:
        raise Http404
    context = {
        "page": page,
        "figure": drawn,
        "address": request.build_absolute_uri(page.dataset.get_absolute_url()),
    }
    response = render(request, "catalogue/picture.svg", context, content_type="image/svg+xml")
    response.headers["Content-Disposition"] = f'inline; filename="{page.dataset.slug}.svg"'
    return response


@require_POST
@login_required
def keep(request: HttpRequest, slug: str, table: str) -> HttpResponse:
    """Keep the present view under a name, for everybody; for those who look after the dataset."""
    dataset = dataset_for(reader_of(request), slug)
    distribution, _current = table_for(dataset, table)
    user = request.user
    if not isinstance(user, User) or not user.has_perm("catalogue.change_distribution", distribution):
        raise NotPermitted(_("Only those who look after this dataset may keep views of it."))
    address = reverse("table", args=[slug, table])
    if gone := request.POST.get("remove", ""):
        if gone.isdigit() and len(gone) < 19:  # noqa: PLR2004  # fits 64 bits
            get_object_or_404(SavedView, pk=int(gone), distribution=distribution).delete()
        return redirect(f"{address}#views")
    title, query = request.POST.get("title", "").strip()[:200], request.POST.get("query", "").lstrip("?")
    if not title or len(query) > 2000 or "\0" in title + query:  # noqa: PLR2004  # as the column takes it
        raise BadInput(_("A view needs a name, and its address must not be too long."))
    language = (get_language() or "de").partition("-")[0]
    SavedView.objects.update_or_create(
        distribution=distribution,
        query=query,
        defaults={"title": {language: title}, "created_by": user},
    )
    return redirect(f"{address}?{query}#views")
