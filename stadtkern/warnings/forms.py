"""Forms of rules, conditions, ways of telling and tasks."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base.units import UnitError, convert, is_known
from stadtkern.governance.forms import SpanField
from stadtkern.ingest.topics import is_filter
from stadtkern.observations.models import ObservedProperty
from stadtkern.observations.picking import PlaceField, SeriesField, suggested_places, suggested_series
from stadtkern.people.models import User
from stadtkern.people.roles import BACK_OFFICE
from stadtkern.warnings.models import Channel, Condition, Rule, Severity

MOST_CONDITIONS = 8
Kind = Condition.Kind
WITH_VALUE = {Kind.ABOVE, Kind.BELOW, Kind.RISE, Kind.FALL}
WITH_SPAN = {Kind.RISE, Kind.FALL, Kind.SILENCE}
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
CLOCK = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class NumbersField(forms.TypedMultipleChoiceField):
    """Several numbers with names, as boxes to tick."""

    def __init__(self, choices: Sequence[tuple[int, Any]], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(
            choices=choices, coerce=int, required=False, widget=forms.CheckboxSelectMultiple, **kwargs
        )


def _span(name: str) -> SpanField:
    field: Any = Rule._meta.get_field(name)  # noqa: SLF001  # Django's documented API
    return SpanField(label=field.verbose_name, help_text=field.help_text, required=False)


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """Everything about a rule except its conditions."""

    window = _span("window")
    duration = _span("duration")
    stale_after = _span("stale_after")
    thing = PlaceField(
        label=gettext_lazy("only at"),
        required=False,
        help_text=gettext_lazy("For conditions on every series of a kind: only those of this place."),
    )
    months = NumbersField(
        sorted(MONTHS.items()),
        label=gettext_lazy("months"),
        help_text=gettext_lazy("None ticked: all of them."),
    )
    weekdays = NumbersField(
        sorted(WEEKDAYS.items()),
        label=gettext_lazy("days of the week"),
        help_text=gettext_lazy("None ticked: all of them."),
    )

    class Meta:
        model = Rule
        fields = [
            *("slug", "title", "advice", "severity", "combine", "window", "duration", "stale_after"),
            *("only_good", "thing", "valid_from", "valid_to", "months", "weekdays", "time_from", "time_to"),
            *("channels", "is_public", "is_active", "muted_until"),
        ]
        widgets = {
            "channels": forms.CheckboxSelectMultiple,
            "valid_from": MOMENT,
            "valid_to": MOMENT,
            "muted_until": MOMENT,
            "time_from": CLOCK,
            "time_to": CLOCK,
        }
        help_texts = {
            "time_from": gettext_lazy("By the clock of the town. The end may lie after midnight."),
            "channels": gettext_lazy("Nothing ticked: the alert only stands in the list."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["thing"].widget.suggestions = suggested_places()

    def clean(self) -> dict[str, Any]:
        """Refuse periods that end before they begin."""
        cleaned = super().clean() or {}
        begin, end = cleaned.get("valid_from"), cleaned.get("valid_to")
        if begin and end and end <= begin:
            self.add_error("valid_to", _("This lies before the beginning."))
        if bool(cleaned.get("time_from")) != bool(cleaned.get("time_to")):
            self.add_error("time_to", _("Give both hours or none."))
        return cleaned

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        parts = {
            _("What it is about"): ("slug", "title", "advice", "severity"),
            _("How the conditions count"): (
                "combine",
                "window",
                "duration",
                "stale_after",
                "only_good",
                "thing",
            ),
            _("When it applies"): ("valid_from", "valid_to", "months", "weekdays", "time_from", "time_to"),
            _("Who is told"): ("channels", "is_public", "is_active", "muted_until"),
        }
        return [(title, [self[name] for name in names]) for title, names in parts.items()]


class ConditionForm(forms.Form):
    """One condition."""

    kind = forms.ChoiceField(label=gettext_lazy("what happens"), choices=Kind.choices)
    series = SeriesField(
        label=gettext_lazy("series"),
        required=False,
        help_text=gettext_lazy(
            "Type a part of its name. Or leave it empty and choose a kind of series below."
        ),
    )
    observed_property = forms.ModelChoiceField(
        ObservedProperty.objects.all(),
        label=gettext_lazy("every series of"),
        required=False,
        help_text=gettext_lazy("Each of them gets alerts of its own. Neither: every series there is."),
    )
    value = forms.FloatField(
        label=gettext_lazy("value"),
        required=False,
        help_text=gettext_lazy("Not for silence and alarm levels."),
    )
    unit = forms.CharField(
        label=gettext_lazy("unit (UCUM)"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("Empty: the unit of the series, such as cm, Cel, ug/m3, %."),
    )
    margin = forms.FloatField(
        label=gettext_lazy("margin for the end"),
        required=False,
        min_value=0,
        help_text=gettext_lazy(
            "How far the value must come back before the alert ends, so that it does not flicker."
        ),
    )
    span = SpanField(
        label=gettext_lazy("within"),
        required=False,
        help_text=gettext_lazy("Rising and falling: in what time. Silence: for how long nothing may come."),
    )
    level = forms.TypedChoiceField(
        label=gettext_lazy("alarm level from"),
        choices=[("", "---------"), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=gettext_lazy("Only for alarm levels that the source of the series tells."),
    )

    def __init__(self, *args: Any, suggestions: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["series"].widget.suggestions = suggestions

    def clean(self) -> dict[str, Any]:
        """Say at each field what is missing for this kind of condition."""
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind in WITH_VALUE and cleaned.get("value") is None and "value" not in self.errors:
            self.add_error("value", _("A value is needed here."))
        if kind in WITH_SPAN and not cleaned.get("span") and "span" not in self.errors:
            self.add_error("span", _("A span of time is needed here."))
        if kind in {Kind.RISE, Kind.FALL} and (cleaned.get("value") or 0) < 0:
            self.add_error("value", _("Write by how much as a positive number."))
        if cleaned.get("series") and cleaned.get("observed_property"):
            self.add_error("observed_property", _("Choose one series or every series of a kind, not both."))
        self._check_unit(cleaned)
        return cleaned

    def _check_unit(self, cleaned: dict[str, Any]) -> None:
        stream, prop = cleaned.get("series"), cleaned.get("observed_property")
        own = stream.unit if stream else prop.unit if prop else ""
        unit = cleaned.get("unit") or ""
        if unit and not is_known(unit):
            self.add_error("unit", _("There is no unit “%(unit)s” (UCUM).") % {"unit": unit})
        elif unit and own:
            try:
                convert(0.0, unit, own)
            except UnitError:
                words = {"unit": unit, "own": own}
                self.add_error(
                    "unit",
                    _("“%(unit)s” and the unit of the series, “%(own)s”, measure different things.") % words,
                )
        cleaned["unit"] = unit or own

    def condition(self) -> Condition:
        """Return the condition, not stored."""
        cleaned = self.cleaned_data
        kind = cleaned["kind"]
        return Condition(
            kind=kind,
            datastream=cleaned["series"],
            observed_property=cleaned["observed_property"],
            value=cleaned["value"] if kind in WITH_VALUE else None,
            unit=cleaned["unit"] if kind in WITH_VALUE else "",
            margin=cleaned.get("margin") or 0,
            span=cleaned["span"] if kind in WITH_SPAN else None,
            level=(cleaned.get("level") or 1) if kind == Kind.LEVEL else None,
        )


class ConditionForms(forms.BaseFormSet):  # type: ignore[type-arg]  # generic only in stubs
    """All conditions of a rule; one is needed at least."""

    def clean(self) -> None:
        """Refuse a rule without conditions, and mixtures that cannot be bound."""
        if any(self.errors):
            return
        if not self.conditions():
            raise forms.ValidationError(_("A rule needs at least one condition."))

    def kept(self) -> list[ConditionForm]:
        """Return the forms that are filled in and not to be removed."""
        return [
            form
            for form in self.forms
            if form.has_changed() and not (self.can_delete and self._should_delete_form(form))  # type: ignore[attr-defined]  # Django's own
        ]

    def conditions(self) -> list[Condition]:
        """Return the conditions, not stored."""
        return [form.condition() for form in self.kept()]


def condition_forms(
    data: Any,  # noqa: ANN401  # whatever the form takes
    conditions: Sequence[Condition],
    *,
    extra: int,
) -> ConditionForms:
    """Return the forms of the conditions, with some empty ones behind them."""
    factory = forms.formset_factory(
        ConditionForm,
        ConditionForms,
        extra=extra,
        can_delete=True,
        max_num=MOST_CONDITIONS,
        absolute_max=MOST_CONDITIONS,
    )
    initial = [
        {
            "kind": one.kind,
            "series": one.datastream,
            "observed_property": one.observed_property,
            "value": one.value,
            "unit": one.unit,
            "margin": one.margin or None,
            "span": one.span,
            "level": one.level,
        }
        for one in conditions
    ]
    kwargs = {"suggestions": suggested_series()}
    found = factory(data, initial=initial, prefix="condition", form_kwargs=kwargs)
    return cast("ConditionForms", found)


class WebAddressField(forms.URLField):
    """A web address; without a scheme it is an encrypted one."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**{"assume_scheme": "https", **kwargs})


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A way of telling; what is needed depends on its kind."""

    due_in = SpanField(
        label=gettext_lazy("time for the task"), help_text=gettext_lazy("Without it: 1 day."), required=False
    )

    class Meta:
        model = Channel
        fields = [
            *("name", "kind", "user", "email", "url", "topic", "due_in", "language", "least_severity"),
            *(
                "tells_end",
                "quiet_from",
                "quiet_to",
                "loud_severity",
                "most_per_hour",
                "hears_alarms",
                "is_active",
            ),
        ]
        widgets = {"quiet_from": CLOCK, "quiet_to": CLOCK}
        field_classes = {"url": WebAddressField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True, groups__name__in=BACK_OFFICE).distinct()
        self.fields["user"].queryset = people  # type: ignore[attr-defined]  # of the field of a foreign key

    def clean(self) -> dict[str, Any]:
        """Say what is missing for this kind."""
        cleaned = super().clean() or {}
        kind = cleaned.get("kind")
        if kind == Channel.Kind.MAIL and not cleaned.get("user") and not cleaned.get("email"):
            self.add_error("user", _("Choose a person or write a mail address."))
        if kind == Channel.Kind.WEBHOOK and not cleaned.get("url"):
            self.add_error("url", _("A web address is needed here."))
        topic = cleaned.get("topic") or ""
        if kind == Channel.Kind.MQTT and (
            not topic or {"#", "+"} & set(topic) or not is_filter(topic) or topic.startswith("$")
        ):
            self.add_error("topic", _("A topic without # and + is needed here."))
        if bool(cleaned.get("quiet_from")) != bool(cleaned.get("quiet_to")):
            self.add_error("quiet_to", _("Give both hours or none."))
        return cleaned


class NoteForm(forms.Form):
    """A remark."""

    note = forms.CharField(
        label=gettext_lazy("note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
