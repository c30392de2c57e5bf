"""The form of a source, built from what its connector can be told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.connector import Connector
from stadtkern.contracts.option import Option
from stadtkern.governance.models import DataProfile
from stadtkern.ingest import services
from stadtkern.ingest.accounts import seal
from stadtkern.ingest.models import Source

PREFIX = "option_"
TITLE = "title_"


class LinesField(forms.CharField):
    """A list of texts, one in a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # a list is the point of it
        """Return the lines that are not empty."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: object) -> object:
        """Return the text that the form shows."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value


class NumberField(forms.FloatField):
    """A number as people write it; whole numbers stay whole."""

    def to_python(self, value: object) -> float | int | None:  # type: ignore[override]  # stubs of Django
        """Return the number."""
        number = super().to_python(value)
        return int(number) if number is not None and number.is_integer() else number


Maker = Callable[[Option, dict[str, Any]], forms.Field]


def _choice(option: Option, common: dict[str, Any]) -> forms.Field:
    empty = [] if option.required else [("", "---")]
    return forms.ChoiceField(choices=[*empty, *option.choices], **common)


MAKERS: dict[str, Maker] = {
    "text": lambda _option, common: forms.CharField(**common),
    "long_text": lambda _option, common: forms.CharField(widget=forms.Textarea(attrs={"rows": 6}), **common),
    "number": lambda _option, common: NumberField(localize=True, **common),
    "boolean": lambda _option, common: forms.BooleanField(**{**common, "required": False}),
    "choice": _choice,
    "url": lambda _option, common: forms.URLField(assume_scheme="https", **common),
    "datastream": lambda _option, common: forms.CharField(**common),
    "datastreams": lambda _option, common: LinesField(**common),
    "image": lambda _option, common: forms.IntegerField(**common),
    "list": lambda _option, common: LinesField(**common),
    "secret": lambda _option, common: forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}), **common
    ),
}


def option_field(option: Option) -> forms.Field:
    """Return the form field of a setting."""
    common = {
        "label": option.label,
        "help_text": option.help,
        "required": option.required,
        "initial": option.default,
    }
    return MAKERS[option.kind](option, common)


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """Name and settings of a source."""

    interval_minutes = forms.IntegerField(
        label=_("Ask every … minutes"), min_value=1, max_value=60 * 24 * 31, required=False
    )

    class Meta:
        model = Source
        fields = ("slug", "profile", "licence", "attribution", "is_paused")

    def __init__(self, *args: Any, connector: str, plugin: Connector, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        self.instance.connector = connector
        self.plugin = plugin
        self._add_titles()
        self._add_options()
        if self.instance.interval:
            self.initial["interval_minutes"] = int(self.instance.interval.total_seconds() // 60)
        advised = int(plugin.interval.total_seconds() // 60)
        self.fields["interval_minutes"].help_text = gettext("Empty: every %(minutes)d minutes.") % {
            "minutes": advised
        }
        if plugin.transport != "http":
            del self.fields["interval_minutes"]
        if self.instance.pk:
            self.fields["slug"].disabled = True
        profile = self.fields["profile"]
        if isinstance(profile, forms.ModelChoiceField):
            profile.queryset = DataProfile.objects.order_by("slug")
        own = [name for name in self.fields if name.startswith((TITLE, PREFIX))]
        self.order_fields(
            ["slug", *own, "interval_minutes", "profile", "licence", "attribution", "is_paused"]
        )

    def _add_titles(self) -> None:
        for code, language in settings.LANGUAGES:
            is_first = code == settings.LANGUAGE_CODE
            label = gettext("Title (%(language)s)") % {"language": language}
            self.fields[TITLE + code] = forms.CharField(label=label, required=is_first, max_length=200)
            self.initial[TITLE + code] = self.instance.title.get(code, "")

    def _add_options(self) -> None:
        for option in self.plugin.options:
            self.fields[PREFIX + option.name] = option_field(option)
            if option.name in self.instance.options:
                self.initial[PREFIX + option.name] = self.instance.options[option.name]

    @property
    def option_names(self) -> list[str]:
        """The names of the fields that are settings of the connector."""
        return [PREFIX + option.name for option in self.plugin.options]

    def options(self) -> dict[str, object]:
        """Return the settings as typed, without those left empty."""
        given: dict[str, object] = {
            option.name: self.cleaned_data.get(PREFIX + option.name) for option in self.plugin.options
        }
        for option in self.plugin.options:
            if option.kind == "secret":  # it is not shown; left empty it stays as it was
                typed = given[option.name]
                given[option.name] = seal(str(typed)) if typed else self.instance.options.get(option.name)
        return {name: value for name, value in given.items() if value not in (None, "", [])}

    def clean(self) -> dict[str, Any]:
        """Ask the connector whether its settings make sense."""
        cleaned = super().clean() or self.cleaned_data
        if any(name in self.errors for name in self.option_names):
            return cleaned
        for name, lines in services.check_options(self.plugin, self.options()).items():
            for line in lines:
                self.add_error(PREFIX + name if name else None, line)
        return cleaned

    def apply(self) -> Source:
        """Return the source with what was typed; it is not stored yet."""
        source: Source = self.instance
        source.title = {
            code: self.cleaned_data[TITLE + code]
            for code, _language in settings.LANGUAGES
            if self.cleaned_data[TITLE + code]
        }
        source.options = self.options()
        minutes = self.cleaned_data.get("interval_minutes")
        source.interval = timedelta(minutes=minutes) if minutes else None
        return source
