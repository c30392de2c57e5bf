"""Forms of the quality editor."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.observations.upkeep.models import QualityMark

LONGEST_VIEW = timedelta(days=93)


class _LocalTime(forms.DateTimeInput):
    """The browser's own field for date and time."""

    input_type = "datetime-local"

    def format_value(self, value: object) -> str | None:
        """Return the time as the browser wants it."""
        return (
            value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else super().format_value(value)
        )


class SpanForm(forms.Form):
    """From when until when, in local time."""

    start = forms.DateTimeField(label=_("From"), widget=_LocalTime)
    end = forms.DateTimeField(label=_("Until (not included)"), widget=_LocalTime)

    def clean(self) -> dict[str, object]:
        """Refuse what is no span."""
        cleaned: dict[str, object] = super().clean() or {}
        start, end = cleaned.get("start"), cleaned.get("end")
        if isinstance(start, datetime) and isinstance(end, datetime):
            if end <= start:
                self.add_error("end", _("The end must come after the beginning."))
            elif end - start > LONGEST_VIEW:
                self.add_error("end", _("Look at three months at most at once."))
        return cleaned


class MarkForm(forms.Form):
    """What an editor says about the span shown."""

    flag = forms.TypedChoiceField(
        label=_("Each of these values is"), choices=QualityMark.FLAGS, coerce=int, widget=forms.RadioSelect
    )
    comment = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("What happened, such as “sensor in mud”. It is kept with your name and the date."),
    )
