"""Forms of the data concept."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from stadtkern.governance.licences import LICENCES, OTHER

UNITS = {
    60: _("minutes"),
    3600: _("hours"),
    86400: _("days"),
}


class SpanWidget(forms.MultiWidget):
    """A number and its unit."""

    template_name = "governance/widgets/span.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"min": 0, "step": 1, "aria-label": _("Number")})
        unit = forms.Select({"aria-label": _("Unit")}, choices=list(UNITS.items()))
        super().__init__({"number": number, "unit": unit}, attrs)

    def decompress(self, value: timedelta | None) -> list[int | None]:
        """Return the number in the largest unit that leaves nothing over."""
        if value is None:
            return [None, max(UNITS)]
        seconds = int(value.total_seconds())
        unit = max((unit for unit in UNITS if seconds % unit == 0), default=min(UNITS))
        return [round(seconds / unit), unit]


class SpanField(forms.MultiValueField):
    """A span of time as a number of minutes, hours or days; empty means none."""

    widget = SpanWidget

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        fields = [
            forms.IntegerField(min_value=0, max_value=10_000_000, required=False),
            forms.TypedChoiceField(choices=list(UNITS.items()), coerce=int, required=False),
        ]
        super().__init__(fields, require_all_fields=False, **kwargs)
        if self.label:
            for part in self.widget.widgets:  # a form has many numbers and units: say of what
                part.attrs["aria-label"] = format_lazy("{}: {}", self.label, part.attrs["aria-label"])

    def compress(self, data_list: list[int | None]) -> timedelta | None:
        """Return the span; 0 and nothing are none."""
        number, unit = (*data_list, None, None)[:2]
        if not number:
            return None
        try:
            return timedelta(seconds=number * (unit or max(UNITS)))
        except OverflowError as error:
            raise forms.ValidationError(_("This span is too long.")) from error


class LicenceField(forms.ChoiceField):
    """One of the licences we know."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        titles = [(code, f"{licence.title} ({code})") for code, licence in LICENCES.items() if code != OTHER]
        known = [("", "---------"), *titles, (OTHER, _("Terms of the source"))]
        super().__init__(
            choices=known, **{k: v for k, v in kwargs.items() if k in {"label", "help_text", "required"}}
        )
