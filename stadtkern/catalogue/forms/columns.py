"""How a file is read, as a form: the file, its columns, its places."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stadtkern.catalogue.words import CRS, KIND_NAMES, failure
from stadtkern.places.crs import SUPPORTED
from stadtkern.tables import ColumnPlan, GeometryPlan, Hints, Plan, TableError

DECIMALS = ((",", _("comma: 1.234,5")), (".", _("point: 1,234.5")))
ENCODINGS = ("", "utf-8", "cp1252", "iso8859_2", "cp1250", "utf-16", "cp850", "mac_roman")
DELIMITERS = (
    ("", _("found out")),
    (";", pgettext_lazy("sign", "semicolon")),
    (",", pgettext_lazy("sign", "comma")),
    ("\t", pgettext_lazy("sign", "tabulator")),
    ("|", pgettext_lazy("sign", "vertical line")),
)
HOW = (
    ("", _("nothing: it is a table without places")),
    ("native", _("the shapes in the file")),
    ("xy", _("two columns with coordinates")),
    ("pair", _("one column with both coordinates")),
    ("address", _("the address")),
    ("wkt", _("a column with WKT")),
    ("geojson", _("a column with GeoJSON")),
)


class ColumnForm(forms.Form):
    """One column."""

    is_kept = forms.BooleanField(required=False)
    title = forms.CharField(max_length=300, required=False)
    kind = forms.ChoiceField(choices=list(KIND_NAMES.items()))
    unit = forms.CharField(max_length=60, required=False)
    description = forms.CharField(max_length=500, required=False)
    decimal = forms.ChoiceField(choices=DECIMALS, required=False)
    format = forms.CharField(max_length=60, required=False)
    name = forms.RegexField(regex=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=60)

    def corrected(self, column: ColumnPlan) -> ColumnPlan:
        """Return the column as the form has it."""
        facts: dict[str, Any] = self.cleaned_data
        changed = facts["kind"] != column.kind
        return replace(
            column,
            is_kept=facts["is_kept"],
            title=facts["title"] or column.title,
            kind=facts["kind"],
            unit=facts["unit"],
            description=facts["description"],
            decimal=facts["decimal"] or column.decimal,
            format=facts["format"],
            name=facts["name"],
            meaning="" if changed else column.meaning,
        )


class FileForm(forms.Form):
    """What stands around the table in the file; changes here make the file be looked at again."""

    part = forms.ChoiceField(label=_("Sheet or layer"), required=False)
    header_rows = forms.IntegerField(label=_("Rows of headings"), min_value=0, max_value=20, required=False)
    skip_rows = forms.IntegerField(
        label=_("Rows above the table"), min_value=0, max_value=10_000, required=False
    )
    encoding = forms.ChoiceField(
        label=_("Character set"), choices=[(one, one or _("found out")) for one in ENCODINGS], required=False
    )
    delimiter = forms.ChoiceField(label=_("Between the values stands a"), choices=DELIMITERS, required=False)

    def __init__(self, *args: Any, plan: Plan, findings: Mapping[str, Any], **kwargs: Any) -> None:  # noqa: ANN401
        initial = {name: getattr(plan, name) for name in self.base_fields}
        initial["part"] = plan.part or plan.member
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self._plan = plan
        parts = [(one["name"], one["name"]) for one in findings.get("parts", ())]
        self._offer("part", parts)
        self._offer("encoding", self.fields["encoding"].choices)  # type: ignore[attr-defined]  # a ChoiceField
        if not plan.delimiter:
            del self.fields["delimiter"], self.fields["encoding"]
        if len(parts) < 2:  # noqa: PLR2004  # nothing to choose
            del self.fields["part"]

    def _offer(self, name: str, known: Any) -> None:  # noqa: ANN401  # choices
        field: Any = self.fields[name]
        value = self.initial[name]
        there = list(known)
        field.choices = there if value in dict(there) else [(value, value or "–"), *there]

    def hints(self, base: Hints) -> Hints:
        """Return what the person knows better than the survey."""
        facts: dict[str, Any] = {k: v for k, v in self.cleaned_data.items() if v not in ("", None)}
        return replace(base, **facts)


class PlacesForm(forms.Form):
    """Where the rows lie on the map."""

    how = forms.ChoiceField(label=_("On the map by"), choices=HOW, required=False)
    x = forms.ChoiceField(label=_("Column (longitude, easting or both)"), required=False)
    y = forms.ChoiceField(label=_("Column (latitude or northing)"), required=False)
    columns = forms.MultipleChoiceField(label=_("Columns of the address"), required=False)
    crs = forms.TypedChoiceField(
        label=_("Coordinates are"),
        coerce=int,
        empty_value="4326",
        required=False,
        choices=[(code, CRS.get(code, f"EPSG:{code}")) for code in sorted(SUPPORTED)],
    )
    is_swapped = forms.BooleanField(label=_("the two are swapped"), required=False)
    key = forms.MultipleChoiceField(
        label=_("What tells the rows apart"),
        required=False,
        help_text=_("Such as a number of its own; by it the next version is compared. Empty: whole rows."),
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:  # noqa: ANN401
        initial: dict[str, Any] = {"key": list(plan.key)}
        if (geometry := plan.geometry) is not None:
            initial |= {name: getattr(geometry, name) for name in ("how", "x", "y", "crs", "is_swapped")}
            initial["columns"] = list(geometry.columns)
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        names = [(one.name, one.title or one.name) for one in plan.columns]
        fields: dict[str, Any] = self.fields
        for name in ("x", "y"):
            fields[name].choices = [("", "---------"), *names]
        for name in ("columns", "key"):
            fields[name].choices = names
        crs = initial.get("crs")
        if crs and crs not in SUPPORTED:
            fields["crs"].choices = [*fields["crs"].choices, (crs, f"EPSG:{crs}")]
        if plan.geometry is None or plan.geometry.how != "native":
            fields["how"].choices = [one for one in HOW if one[0] != "native"]

    def geometry(self) -> GeometryPlan | None:
        """Return where the geometry comes from, or None."""
        facts: dict[str, Any] = self.cleaned_data
        if not facts["how"]:
            return None
        used = {
            "xy": ("x", "y"), "pair": ("x",), "wkt": ("x",), "geojson": ("x",),
            "address": ("columns",), "native": (),
        }[facts["how"]]  # fmt: skip
        return GeometryPlan(
            how=facts["how"],
            x=facts["x"] if "x" in used else "",
            y=facts["y"] if "y" in used else "",
            columns=tuple(facts["columns"]) if "columns" in used else (),
            crs=int(facts["crs"]),
            is_swapped=facts["is_swapped"],
        )


class PlanForm:
    """All that is said on the page of the columns; makes the corrected plan."""

    def __init__(self, plan: Plan, findings: Mapping[str, Any], data: Any = None) -> None:  # noqa: ANN401  # QueryDict
        self.plan = plan
        self.file = FileForm(data, plan=plan, findings=findings, prefix="file")
        self.places = PlacesForm(data, plan=plan, prefix="places")
        known = findings.get("columns", {})
        self.columns = [
            self._column(number, column, known.get(column.name, {}), data)
            for number, column in enumerate(plan.columns)
        ]
        self.errors: list[str] = []

    @staticmethod
    def _column(number: int, column: ColumnPlan, found: Mapping[str, Any], data: Any) -> ColumnForm:  # noqa: ANN401
        initial = {name: getattr(column, name) for name in ColumnForm.base_fields}
        form: Any = ColumnForm(data, initial=initial, prefix=f"c{number}")
        form.column, form.found = column, found
        return form  # type: ignore[no-any-return]  # a ColumnForm with what the template shows beside it

    def __iter__(self) -> Iterator[ColumnForm]:
        """Yield the columns."""
        return iter(self.columns)

    def is_valid(self) -> bool:
        """Check all parts, and whether they make a plan."""
        good = [form.is_valid() for form in (self.file, self.places, *self.columns)]
        if not all(good):
            return False
        try:
            self.corrected()
        except TableError as error:
            self.errors = [failure(error.code, error.facts, str(error))]
            return False
        return True

    def corrected(self) -> Plan:
        """Return the plan as the form has it.

        Raises
        ------
        TableError
            if the parts do not fit together.
        """
        columns = tuple(
            form.corrected(one) for form, one in zip(self.columns, self.plan.columns, strict=True)
        )
        names = {
            one.name: form.cleaned_data["name"]
            for form, one in zip(self.columns, self.plan.columns, strict=True)
        }
        geometry = self.places.geometry()
        if geometry is not None:
            geometry = replace(
                geometry,
                x=names.get(geometry.x, ""),
                y=names.get(geometry.y, ""),
                columns=tuple(names[one] for one in geometry.columns),
            )
        key = tuple(names[one] for one in self.places.cleaned_data["key"])
        changed = replace(self.plan, columns=columns, geometry=geometry, key=key)
        return Plan.from_json(changed.to_json())
