"""What the page of a table shows: rows, charts, map, columns, ways to use it elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from stadtkern.catalogue import asking
from stadtkern.catalogue.cells import Cell, cells_of, heading, text_of
from stadtkern.catalogue.loading import EXCEL_DE, forms_of
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.tableset import profile_of
from stadtkern.contracts.option import Label
from stadtkern.tables import Column, ColumnProfile, Filter, Op, Table

VIEWS: dict[str, Label] = {
    "table": pgettext_lazy("view of data", "Table"),
    "chart": pgettext_lazy("view of data", "Chart"),
    "map": pgettext_lazy("view of data", "Map"),
    "columns": pgettext_lazy("view of data", "Columns"),
    "use": pgettext_lazy("view of data", "Use elsewhere"),
}
OPS: dict[Op, Label] = {
    "eq": pgettext_lazy("comparison", "is"),
    "ne": pgettext_lazy("comparison", "is not"),
    "contains": pgettext_lazy("comparison", "contains"),
    "startswith": pgettext_lazy("comparison", "begins with"),
    "gte": pgettext_lazy("comparison", "is at least"),
    "lte": pgettext_lazy("comparison", "is at most"),
    "gt": pgettext_lazy("comparison", "is more than"),
    "lt": pgettext_lazy("comparison", "is less than"),
    "in": pgettext_lazy("comparison", "is one of"),
    "isnull": pgettext_lazy("comparison", "is empty"),
    "notnull": pgettext_lazy("comparison", "is not empty"),
}
WITHOUT_VALUE = frozenset({"isnull", "notnull"})
SIZES = (25, 50, 100, 500)
USUAL_SIZE = 50
MOST_COLUMNS = 12
"""Columns that are shown at first; the others can be chosen."""
KINDS: dict[str, Label] = {
    "text": pgettext_lazy("type of a column", "text"),
    "integer": pgettext_lazy("type of a column", "whole number"),
    "number": pgettext_lazy("type of a column", "number"),
    "boolean": pgettext_lazy("type of a column", "yes or no"),
    "date": pgettext_lazy("type of a column", "date"),
    "datetime": pgettext_lazy("type of a column", "date and time"),
    "clock": pgettext_lazy("type of a column", "time of day"),
    "json": pgettext_lazy("type of a column", "structured (JSON)"),
}
PAGING = frozenset({"_page"})
ADDING = frozenset({"_col", "_op", "_val"})
CHART = frozenset({"_chart", "_x", "_y", "_how", "_by", "_bucket"})
EMPTY_TITLE = gettext_lazy("(without a name)")


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the table."""

    name: str
    title: Label
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A filter in force, and the address without it."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Head:
    """A column of the table as shown, with the ways to sort by it."""

    name: str
    title: str
    address: str
    sorted: str
    """`ascending`, `descending` or empty: as `aria-sort` has it."""
    description: str


@dataclass(frozen=True, slots=True)
class File:
    """A file with the rows that fit."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A page of rows."""

    heads: Sequence[Head]
    cells: Sequence[Sequence[Cell]]
    total: int
    first: int
    last: int
    page: int
    pages: int
    previous: str
    following: str
    hidden: int


class TablePage:
    """A table as asked for in an address."""

    def __init__(
        self,
        dataset: Dataset,
        distribution: Distribution,
        version: Version,
        table: Table,
        parameters: QueryDict,
    ) -> None:
        self.dataset = dataset
        self.distribution = distribution
        self.version = version
        self.table = table
        self.parameters = parameters
        self.columns = table.columns
        self.by_name = {one.name: one for one in self.columns}
        self.query = asking.read(parameters, self.columns, most=max(SIZES))
        if "_size" not in parameters:
            self.query = replace(self.query, limit=USUAL_SIZE, offset=self._page() * USUAL_SIZE)
        view = parameters.get("_view", "table")
        self.view = view if view in self.view_names else "table"

    @property
    def given(self) -> dict[str, str]:
        """The parameters by name; of repeated ones the last."""
        return {name: str(self.parameters[name]) for name in self.parameters}

    def _page(self) -> int:
        text = self.parameters.get("_page", "1")
        return max(int(text) - 1, 0) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004

    @property
    def view_names(self) -> list[str]:
        """The views that this table has."""
        return [name for name in VIEWS if name != "map" or self.table.geometry is not None]

    @property
    def title(self) -> str:
        """What the table is called: as the dataset, and by its own name where that says more."""
        own = self.distribution.get_title()
        whole = self.dataset.get_title()
        return f"{whole} – {own}" if own and own != whole else whole

    @property
    def tabs(self) -> list[Tab]:
        """The views, with the filters kept."""
        return [
            Tab(
                name,
                VIEWS[name],
                self.address(_view="" if name == "table" else name, drop=PAGING),
                name == self.view,
            )
            for name in self.view_names
        ]

    def pairs(self, *, drop: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the parameters of the address without some, and without empty ones."""
        without = {*drop, *ADDING}
        return [
            (name, value)
            for name, values in self.parameters.lists()
            for value in values
            if value != "" and name not in without
        ]

    def address(self, *, drop: Iterable[str] = (), **changes: str) -> str:
        """Return the query of the address with changes; an empty value takes a parameter away."""
        pairs = self.pairs(drop={*drop, *changes})
        pairs += [(name, value) for name, value in changes.items() if value]
        return f"?{urlencode(pairs)}" if pairs else "?"

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What a form has to carry along in hidden fields."""
        return self.pairs(drop=PAGING)

    @property
    def kept_for_search(self) -> list[tuple[str, str]]:
        """The same, without what the search field itself sends."""
        return self.pairs(drop={*PAGING, "_q"})

    @property
    def kept_for_columns(self) -> list[tuple[str, str]]:
        """The same, without the choice of columns."""
        return self.pairs(drop={*PAGING, "_columns"})

    @property
    def kept_for_chart(self) -> list[tuple[str, str]]:
        """The same, without the chart."""
        return self.pairs(drop={*PAGING, *CHART, "_view"})

    @property
    def version_address(self) -> str:
        """The address of the same in the current edition."""
        return self.address(drop=PAGING, _version="")

    @property
    def is_narrowed(self) -> bool:
        """Whether not all rows are asked for."""
        return bool(self.query.filters or self.query.search or self.query.bbox)

    @property
    def total(self) -> int:
        """How many rows fit."""
        return self.table.count(self.query) if self.is_narrowed else self.version.rows

    @property
    def sentence(self) -> str:
        """How much there is, and how much of it fits."""
        rows = number_format(self.version.rows, force_grouping=True)
        count = len(self.columns)
        if self.is_narrowed:
            fits = number_format(self.total, force_grouping=True)
            return ngettext(
                "%(fits)s of %(rows)s row fits.", "%(fits)s of %(rows)s rows fit.", self.version.rows
            ) % {
                "fits": fits,
                "rows": rows,
            }
        whole = ngettext("%(rows)s row", "%(rows)s rows", self.version.rows) % {"rows": rows}
        wide = ngettext("%(count)d column", "%(count)d columns", count) % {"count": count}
        return _("%(rows)s with %(columns)s.") % {"rows": whole, "columns": wide}

    @property
    def conditions(self) -> list[Condition]:
        """The filters in force, each with the address without it."""
        found = [
            Condition(self._words(one), self._without(asking.pair_of(one))) for one in self.query.filters
        ]
        if self.query.search:
            text = _("any column contains “%(text)s”") % {"text": self.query.search}
            found.append(Condition(text, self.address(drop=PAGING, _q="")))
        if self.query.bbox:
            found.append(Condition(_("lies in a part of the map"), self.address(drop=PAGING, _bbox="")))
        return found

    def _words(self, one: Filter) -> str:
        column = self.by_name[one.column]
        op = str(OPS[one.op])
        title = column.title or column.name
        if one.op in WITHOUT_VALUE:
            return f"{title} {op}"
        values = one.value if isinstance(one.value, list | tuple) else (one.value,)
        return f"{title} {op} {', '.join(text_of(value, column) for value in values)}"

    def _without(self, pair: tuple[str, str]) -> str:
        """Return the address without one filter, however its value was written."""
        name = pair[0]
        same = [value for key, value in self.pairs() if key in {name, f"{name}__eq"}]
        pairs = self.pairs(drop=PAGING)
        if len(same) == 1:
            pairs = [one for one in pairs if one[0] not in {name, f"{name}__eq"}]
        else:
            pairs = [one for one in pairs if one != pair]
        return f"?{urlencode(pairs)}" if pairs else "?"

    def shown_columns(self) -> list[Column]:
        """Return the columns of the table view: those chosen, else the first dozen."""
        if self.query.columns:
            return [self.by_name[name] for name in self.query.columns if name in self.by_name]
        return list(self.columns[:MOST_COLUMNS])

    def rows(self) -> Rows:
        """Return the page of rows that is asked for."""
        shown = self.shown_columns()
        query = replace(self.query, columns=tuple(one.name for one in shown))
        page = self.table.rows(query)
        size = max(query.limit, 1)
        number, pages = query.offset // size + 1, max(1, -(-page.total // size))
        return Rows(
            heads=[self._head(one) for one in shown],
            cells=cells_of(page.columns, page.rows, shown),
            total=page.total,
            first=query.offset + 1 if page.rows else 0,
            last=query.offset + len(page.rows),
            page=number,
            pages=pages,
            previous=self.address(_page=str(min(number - 1, pages))) if number > 1 else "",
            following=self.address(_page=str(number + 1)) if number < pages else "",
            hidden=len(self.columns) - len(shown),
        )

    def _head(self, column: Column) -> Head:
        order = next((one for one in self.query.order if one.column == column.name), None)
        state = "" if order is None else "descending" if order.is_descending else "ascending"
        wanted = (
            {"_sort": "", "_sort_desc": column.name}
            if state == "ascending"
            else {"_sort": column.name, "_sort_desc": ""}
        )
        if state == "descending":
            wanted = {"_sort": "", "_sort_desc": ""}
        address = self.address(drop=PAGING, **wanted)
        return Head(column.name, heading(column) or str(EMPTY_TITLE), address, state, column.description)

    def file_query(self) -> list[tuple[str, str]]:
        """Return the parameters of the rows that fit, as files and programs ask for them."""
        own = {"_page", "_size", "_view", *CHART}
        return [
            pair
            for pair in self.pairs(drop=own)
            if not pair[0].startswith("_") or pair[0] in {*asking.KNOWN, "_version"}
        ]

    def rows_address(self, suffix: str = "", extra: Sequence[tuple[str, str]] = ()) -> str:
        """Return the full address of the rows that fit, for programs."""
        args = [self.dataset.slug, self.distribution.slug]
        path = (
            reverse("api-table-file", args=[*args, suffix])
            if suffix
            else reverse("api-table-rows", args=args)
        )
        pairs = [*self.file_query(), *extra]
        return f"{settings.PUBLIC_URL}{path}" + (f"?{urlencode(pairs)}" if pairs else "")

    @property
    def files(self) -> list[File]:
        """The rows that fit, in all formats."""
        found = []
        for form in forms_of(self.table):
            found.append(File(form.title, self.rows_address(form.suffix)))
            if form.suffix == "csv":
                found.append(File(_("CSV for Excel"), self.rows_address("csv", (("_dialect", EXCEL_DE),))))
        return found

    def profiles(self) -> Sequence[ColumnProfile]:
        """Return numbers about all columns."""
        return profile_of(self.table)
