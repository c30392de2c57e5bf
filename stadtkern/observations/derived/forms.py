"""Forms of virtual series: what comes out, what goes in, tables."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base.units import is_known
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.governance.forms import SpanField
from stadtkern.governance.models import DataProfile
from stadtkern.observations.derived.kinds import KINDS, RATING, formula_of
from stadtkern.observations.derived.models import DerivedInput, DerivedStream, LookupTable, alias_validator
from stadtkern.observations.derived.services import Draft
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.picking import (
    PlaceField,
    SeriesField,
    forgive,
    suggested_places,
    suggested_series,
)
from stadtkern.observations.services.streams import new_property

MOST_INPUTS, MOST_TABLES, MOST_ROWS = 12, 6, 500
PAIR = 2
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class DerivedForm(forms.Form):
    """What comes out of a virtual series, and how."""

    slug = forms.SlugField(
        label=gettext_lazy("short name"),
        max_length=80,
        help_text=gettext_lazy("Part of its key: guben-discharge"),
    )
    name = forms.CharField(
        label=gettext_lazy("name"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("What pages call it. Empty: what it is about, and where."),
    )
    thing = PlaceField(
        label=gettext_lazy("place"),
        required=False,
        help_text=gettext_lazy("Where it belongs on maps and lists. Empty: where the first series is."),
    )
    formula = forms.CharField(
        label=gettext_lazy("formula"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Names of series and tables, numbers, + - * / ^, min, max, mean, sum, abs, sqrt, exp, ln, log10, "
            "if, lookup, to, number, heat_index and more."
        ),
    )
    observed_property = forms.CharField(
        label=gettext_lazy("what comes out"),
        max_length=100,
        help_text=gettext_lazy("Short name of an observed property, such as discharge or air_temperature."),
    )
    unit = forms.CharField(
        label=gettext_lazy("unit (UCUM)"),
        max_length=50,
        required=False,
        help_text=gettext_lazy("Empty: the usual unit of what comes out."),
    )
    alignment = forms.ChoiceField(
        label=gettext_lazy("which readings belong together"), choices=DerivedStream.Alignment.choices
    )
    tolerance = SpanField(
        label=gettext_lazy("how old the newest of the others may be"),
        required=False,
        help_text=gettext_lazy("Only for “newest of the others”. Without it: 1 hour."),
    )
    bucket = forms.TypedChoiceField(
        label=gettext_lazy("length of a mean"),
        choices=DerivedStream.Bucket.choices,
        coerce=int,
        initial=DerivedStream.Bucket.HOUR,
        help_text=gettext_lazy("Only for means."),
    )
    profile = forms.ModelChoiceField(
        DataProfile.objects.all(),
        label=gettext_lazy("data profile"),
        required=False,
        help_text=gettext_lazy(
            "Without one, or while a series it is computed from is not public, it is not public."
        ),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["thing"].widget.suggestions = suggested_places()
        ready = KINDS[kind]
        if ready.formula is not None:
            del self.fields["formula"]
        if ready.observed_property:
            self.fields["observed_property"].initial = ready.observed_property
            self.fields["observed_property"].required = False
        self.fields["alignment"].initial = ready.alignment

    def clean_unit(self) -> str:
        """Refuse a unit that there is not."""
        unit: str = self.cleaned_data["unit"]
        if unit and not is_known(unit):
            raise forms.ValidationError(_("There is no unit “%(unit)s” (UCUM).") % {"unit": unit})
        return unit

    def clean_observed_property(self) -> str:
        """Return the short name; without one that of the kind."""
        slug: str = self.cleaned_data["observed_property"].strip() or KINDS[self.kind].observed_property
        if not re.fullmatch(r"[a-z][a-z0-9_.]*", slug):
            raise forms.ValidationError(_("Use small letters, digits and _, beginning with a letter."))
        return slug


class InputForm(forms.Form):
    """One series that goes in."""

    alias = forms.CharField(
        label=gettext_lazy("name in the formula"), max_length=30, validators=[alias_validator]
    )
    series = SeriesField(label=gettext_lazy("series"), required=False)

    def __init__(self, *args: Any, suggestions: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["series"].widget.suggestions = suggestions


class TableForm(forms.Form):
    """One table for the time it is valid."""

    name = forms.CharField(
        label=gettext_lazy("name in the formula"), max_length=30, validators=[alias_validator], initial=RATING
    )
    x_unit = forms.CharField(
        label=gettext_lazy("unit of the left column (UCUM)"), max_length=50, initial="cm"
    )
    y_unit = forms.CharField(
        label=gettext_lazy("unit of the right column (UCUM)"), max_length=50, initial="m3/s"
    )
    between = forms.ChoiceField(
        label=gettext_lazy("between two rows"),
        choices=LookupTable.Between.choices,
        initial=LookupTable.Between.LOG,
    )
    valid_from = forms.DateTimeField(label=gettext_lazy("valid from"), required=False, widget=MOMENT)
    valid_to = forms.DateTimeField(label=gettext_lazy("valid until"), required=False, widget=MOMENT)
    rows = forms.CharField(
        label=gettext_lazy("rows"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("One pair on each line, such as 120; 4.5. The left column rises."),
    )

    def clean_rows(self) -> list[list[float]]:
        """Return the pairs by rising x; an error names the line."""
        pairs: list[list[float]] = []
        for number, line in enumerate(self.cleaned_data["rows"].splitlines(), start=1):
            if line.strip():
                pairs.append(_pair(line, number))
        if len(pairs) > MOST_ROWS:
            raise forms.ValidationError(_("More than %(most)d rows.") % {"most": MOST_ROWS})
        for number, (one, other) in enumerate(pairwise(pairs), start=2):
            if other[0] <= one[0]:
                raise forms.ValidationError(
                    _("Row %(number)d: the left column does not rise.") % {"number": number}
                )
        return pairs

    def clean(self) -> dict[str, Any]:
        """Refuse units that there are not, and periods that end before they begin."""
        cleaned = super().clean() or {}
        for name in ("x_unit", "y_unit"):
            unit = cleaned.get(name)
            if unit and not is_known(unit):
                self.add_error(name, _("There is no unit “%(unit)s” (UCUM).") % {"unit": unit})
        begin, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if begin and end and end <= begin:
            self.add_error("valid_to", _("This lies before the beginning."))
        return cleaned


def _pair(line: str, number: int) -> list[float]:
    parts = [part for part in re.split(r"[;\t ]+", line.strip()) if part]
    try:
        pair = [float(part.replace(",", ".")) for part in parts]
    except ValueError:
        pair = []
    if len(pair) != PAIR or not all(math.isfinite(one) for one in pair):
        raise forms.ValidationError(_("Line %(number)d is no pair of numbers.") % {"number": number})
    return pair


class DerivedForms:
    """The three forms of one virtual series together."""

    def __init__(self, kind: str, data: QueryDict | None, draft: Draft | None) -> None:
        self.kind, self.draft = kind, draft
        self.ready = KINDS[kind]
        self.form = DerivedForm(data, kind=kind, initial=_initial(draft) if draft else None)
        inputs = forms.formset_factory(
            InputForm, extra=0, can_delete=True, max_num=MOST_INPUTS, absolute_max=MOST_INPUTS
        )
        suggestions = suggested_series()
        self.inputs = inputs(
            data, initial=self._inputs(), prefix="input", form_kwargs={"suggestions": suggestions}
        )
        tables = forms.formset_factory(
            TableForm, extra=0, can_delete=True, max_num=MOST_TABLES, absolute_max=MOST_TABLES
        )
        self.tables = tables(data, initial=self._tables(), prefix="table")

    def _inputs(self) -> list[dict[str, Any]]:
        if self.draft is not None:
            return [{"alias": one.alias, "series": one.datastream} for one in self.draft.inputs]
        return [{"alias": alias} for alias, _slug in self.ready.inputs] or [{"alias": "a"}, {"alias": "b"}]

    def _tables(self) -> list[dict[str, Any]]:
        if self.draft is not None and self.draft.tables:
            return [
                {
                    **{
                        name: getattr(one, name)
                        for name in ("name", "x_unit", "y_unit", "between", "valid_from", "valid_to")
                    },
                    "rows": "\n".join(f"{x:g}; {y:g}" for x, y in one.rows),
                }
                for one in self.draft.tables
            ]
        return (
            [{"name": RATING, "x_unit": "cm", "y_unit": "m3/s", "between": "log"}]
            if self.ready.needs_table
            else []
        )

    def is_valid(self) -> bool:
        """Return whether all three can be used; each tells its own mistakes."""
        if not (self.form.is_valid() & self.inputs.is_valid() & self.tables.is_valid()):
            return False
        given = self._given()
        missing = [alias for alias, _slug in self.ready.inputs if alias not in {one.alias for one in given}]
        if not given or (self.ready.least == 0 and missing) or len(given) < self.ready.least:
            self.form.add_error(
                None, _("A series is missing: %(names)s.") % {"names": ", ".join(missing) or "–"}
            )
            return False
        if len({one.alias for one in given}) < len(given):
            self.form.add_error(None, _("Two series have the same name in the formula."))
            return False
        return True

    def _given(self) -> list[DerivedInput]:
        return [
            DerivedInput(alias=form.cleaned_data["alias"], datastream=form.cleaned_data["series"])
            for form in self.inputs
            if form.cleaned_data.get("series") and not form.cleaned_data.get("DELETE")
        ]

    def forgive(self) -> None:
        """Take what was typed as it is, without errors."""
        forgive(self.form, self.inputs, self.tables)

    def as_draft(self) -> Draft:
        """Return what the forms describe; nothing is stored."""
        cleaned, given = self.form.cleaned_data, self._given()
        stream = self.draft.stream if self.draft is not None else Datastream()
        stream.observed_property = property_of(cleaned["observed_property"], cleaned["unit"])
        stream.unit = cleaned["unit"] or stream.observed_property.unit
        stream.thing = cleaned["thing"] or given[0].datastream.thing
        stream.name, stream.profile = cleaned["name"], cleaned["profile"]
        derived = self.draft.derived if self.draft is not None else DerivedStream()
        derived.slug, derived.kind = cleaned["slug"], self.kind
        derived.formula = formula_of(self.kind, [one.alias for one in given], cleaned.get("formula", ""))
        derived.alignment, derived.bucket = cleaned["alignment"], cleaned["bucket"]
        derived.tolerance = cleaned["tolerance"]
        tables = [
            LookupTable(**{name: value for name, value in form.cleaned_data.items() if name != "DELETE"})
            for form in self.tables
            if form.cleaned_data.get("rows") and not form.cleaned_data.get("DELETE")
        ]
        return Draft(derived, stream, given, tables)


def property_of(slug: str, unit: str) -> ObservedProperty:
    """Return an observed property; one that is new is not stored yet."""
    found = ObservedProperty.objects.filter(slug=slug).first()
    return found or new_property(slug, unit or getattr(OBSERVED_PROPERTIES.get(slug), "unit", "1"))


def _initial(draft: Draft) -> dict[str, Any]:
    derived, stream = draft.derived, draft.stream
    return {
        "slug": derived.slug,
        "name": stream.name,
        "thing": stream.thing,
        "formula": derived.formula,
        "observed_property": stream.observed_property.slug,
        "unit": stream.unit,
        "alignment": derived.alignment,
        "tolerance": derived.tolerance,
        "bucket": derived.bucket,
        "profile": stream.profile,
    }
