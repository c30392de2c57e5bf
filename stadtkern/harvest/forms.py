"""The form of a source."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stadtkern.governance.forms import SpanField
from stadtkern.governance.licences import LICENCES, OTHER
from stadtkern.harvest.asking import is_own_address
from stadtkern.harvest.licences import licence_of
from stadtkern.harvest.messages import PROBLEMS, said
from stadtkern.harvest.models import HarvestSource
from stadtkern.harvest.readers import READERS

MOST_LICENCES = 200


class LicenceTableField(forms.CharField):
    """Words of a catalogue and what they mean, one pair in a line: `Hausrecht = dl-de/by-2-0`."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: object) -> dict[str, str]:  # type: ignore[override]  # a table is the point of it
        """Return the table."""
        if isinstance(value, dict):
            return value
        lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
        if len(lines) > MOST_LICENCES:
            raise forms.ValidationError(_("There are too many lines."))
        found: dict[str, str] = {}
        for line in lines:
            words, mark, meaning = line.rpartition("=")
            known, is_known = licence_of([meaning.strip()], {})
            if not mark or not words.strip() or not known or not is_known:
                raise forms.ValidationError(
                    _("This line is no word and a known licence: %(line)s"), params={"line": line[:100]}
                )
            found[words.strip()[:300]] = known
        return found

    def prepare_value(self, value: object) -> object:
        """Return the text that the form shows."""
        return "\n".join(f"{k} = {v}" for k, v in value.items()) if isinstance(value, dict) else value

    def validate(self, value: object) -> None:
        """Accept an empty table."""

    def run_validators(self, value: object) -> None:
        """Check no length: it is a table."""


class HarvestSourceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """One source."""

    url = forms.URLField(label=_("address"), max_length=2000, assume_scheme="https")
    every = SpanField(label=_("how often"), help_text=_("At least every 15 minutes are possible."))
    licence = forms.ChoiceField(
        label=_("licence"),
        required=False,
        help_text=_("Where a record names none. Empty: that of the data profile."),
    )
    licences = LicenceTableField(
        label=_("licences in other words"),
        required=False,
        help_text=_(
            "What words of this catalogue mean, one in a line: Open Data Musterstadt = dl-de/by-2-0. The "
            "German list of licences, its elder names and the usual addresses are known."
        ),
    )

    class Meta:
        model = HarvestSource
        fields = [
            *(
                "name",
                "kind",
                "url",
                "filter",
                "every",
                "is_on",
                "publishes_directly",
                "profile",
                "publisher",
            ),
            *("language", "licence", "licences", "guard_share", "page_size", "most_records"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as Django's
        super().__init__(*args, **kwargs)
        known = [(code, f"{one.title} ({code})") for code, one in LICENCES.items() if code != OTHER]
        licence = self.fields["licence"]
        if isinstance(licence, forms.ChoiceField):
            licence.choices = [("", "---------"), *known]
        self.fields["kind"].help_text = " ".join(f"{one.title}: {one.help_text}" for one in READERS.values())

    def clean_url(self) -> str:
        """Refuse our own address."""
        url: str = self.cleaned_data["url"]
        if is_own_address(url):
            raise forms.ValidationError(said(PROBLEMS, "own-catalogue", url))
        return url
