"""Forms of API keys."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base.clock import now
from stadtkern.people.grants import PERSONAL, READ, SCOPES
from stadtkern.people.keys import MOST_PER_MINUTE, create_key
from stadtkern.people.models import ApiKey, Organisation, User

MOST_NAMES = 200
MOST_DIGITS = 18
SPANS = (
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("one year")),
    (1096, gettext_lazy("three years")),
)


def _names(text: str) -> list[str]:
    return [name for name in text.replace(",", " ").split() if name]


class KeyForm(forms.Form):
    """What a new key is for and what it may do."""

    name = forms.CharField(
        label=gettext_lazy("What is the key for?"),
        max_length=200,
        help_text=gettext_lazy("Such as: counter at the bridge, notebook of the office"),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it do?"),
        choices=list(SCOPES.items()),
        initial=[READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(label=gettext_lazy("Valid for"), choices=SPANS, coerce=int, initial=365)
    profiles = forms.CharField(
        label=gettext_lazy("Only these data profiles"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy(
            "Short names with commas between them, such as: water-levels, parking. Empty: no limit."
        ),
    )
    streams = forms.CharField(
        label=gettext_lazy("Only these series"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("Their numbers with commas between them. Empty: no limit."),
    )

    def clean_profiles(self) -> list[str] | None:
        """Return the short names."""
        found = _names(self.cleaned_data["profiles"])
        if len(found) > MOST_NAMES:
            raise forms.ValidationError(_("These are too many."))
        return found or None

    def clean_streams(self) -> list[int] | None:
        """Return the numbers."""
        found = _names(self.cleaned_data["streams"])
        if len(found) > MOST_NAMES:
            raise forms.ValidationError(_("These are too many."))
        if wrong := [
            name for name in found if not (name.isascii() and name.isdigit() and len(name) <= MOST_DIGITS)
        ]:
            raise forms.ValidationError(_("“%(name)s” is no number of a series.") % {"name": wrong[0][:50]})
        return [int(name) for name in found] or None

    def save(self, *, by: User) -> tuple[ApiKey, str]:
        """Make the key for the person who asks for it."""
        return self.make(by=by, person=by)

    def make(self, *, by: User, **holder: Any) -> tuple[ApiKey, str]:  # noqa: ANN401
        """Make the key and return it with its secret."""
        data = self.cleaned_data
        return create_key(
            data["name"],
            scopes=data["scopes"],
            profiles=data["profiles"],
            streams=data["streams"],
            expires_at=now() + timedelta(days=data["days"]),
            per_minute=data.get("per_minute") or 600,
            by=by,
            **holder,
        )


class OrganisationKeyForm(KeyForm):
    """A key for an organisation, made by an administrator."""

    organisation = forms.ModelChoiceField(
        label=gettext_lazy("For which organisation?"),
        queryset=Organisation.objects.order_by("slug"),
        help_text=gettext_lazy(
            "It reads what is open to it as owner or partner; with profiles or series below, only these."
        ),
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Requests a minute"), min_value=1, max_value=MOST_PER_MINUTE, initial=600
    )
    field_order = ("organisation", "name", "scopes", "days", "profiles", "streams", "per_minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]  # a field with choices
            (scope, label) for scope, label in SCOPES.items() if scope != PERSONAL
        ]

    def save(self, *, by: User) -> tuple[ApiKey, str]:
        """Make the key for the organisation."""
        return self.make(by=by, organisation=self.cleaned_data["organisation"])
