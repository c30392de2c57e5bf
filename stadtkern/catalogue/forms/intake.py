"""Where a table comes from."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Distribution, Pull
from stadtkern.catalogue.queries import profiles_for
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.governance.forms import LicenceField, SpanField
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import User
from stadtkern.web.translated_forms import TranslatedTextFormField

ENDINGS = (
    ".csv,.tsv,.txt,.xlsx,.xls,.ods,.json,.jsonl,.geojson,.gpkg,.zip,.kml,.kmz,.gpx,.gml,.fgb,.parquet,.xml"
)


class UploadForm(forms.Form):
    """A file from the editor's computer, or the address where it lies."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.ClearableFileInput({"accept": ENDINGS}),
        help_text=_(
            "CSV, Excel, OpenDocument, JSON, GeoJSON, GeoPackage, Shapefile (as ZIP), KML, GPX, GML, "
            "Parquet or XML, also packed as ZIP. You can also drag it onto the field."
        ),
    )
    url = forms.URLField(
        label=_("or its address"),
        required=False,
        max_length=2000,
        assume_scheme="https",
        help_text=_("If the file already lies somewhere on the web."),
    )

    def clean(self) -> dict[str, Any]:
        """Take one of both."""
        cleaned: dict[str, Any] = super().clean() or {}
        file, url = cleaned.get("file"), cleaned.get("url")
        if not self.errors and bool(file) == bool(url):
            self.add_error("file", _("Choose a file or write an address, one of both."))
        if file and file.size > settings.UPLOAD_MOST_BYTES:
            most = filesizeformat(settings.UPLOAD_MOST_BYTES)
            self.add_error("file", _("The file is larger than %(most)s.") % {"most": most})
        return cleaned


class NewVersionForm(UploadForm):
    """The next file of a table."""

    note = forms.CharField(
        label=_("What is new"),
        required=False,
        max_length=500,
        help_text=_("The public reads it beside the version."),
    )


class PublishForm(UploadForm):
    """The first step of publishing a table."""

    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("What it is, where and when, in a few words.")
    )
    profile = forms.ModelChoiceField(
        queryset=DataProfile.objects.none(),
        label=_("Data profile"),
        help_text=_("Says on which ground, by whom and under which licence these data are published."),
    )
    field_order = ("title", "file", "url", "profile")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        choices = profiles_for(user)
        self.fields["profile"].queryset = choices  # type: ignore[attr-defined]  # a ModelChoiceField
        if len(only := list(choices[:2])) == 1:
            self.fields["profile"].initial = only[0]


class DistributionForm(forms.Form):
    """What is said about one way to have the data; tables need no address."""

    title = TranslatedTextFormField(label=_("Title"), required=False)
    description = TranslatedTextFormField(label=_("Description"), required=False)
    access_url = forms.URLField(
        label=_("Address"),
        required=False,
        max_length=2000,
        assume_scheme="https",
        help_text=_("Only for data that lie elsewhere: the page or interface where they are to be had."),
    )
    download_url = forms.URLField(
        label=_("Address of the file"), required=False, max_length=2000, assume_scheme="https"
    )
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", "---------"), *((one.code, one.title) for one in FORMATS.values())],
    )
    licence = LicenceField(
        label=_("Licence"), required=False, help_text=_("Empty: that of the data profile.")
    )
    attribution = forms.CharField(label=_("Attribution"), required=False, max_length=500)

    def __init__(self, *args: Any, distribution: Distribution | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        if distribution is not None:
            kwargs.setdefault("initial", {name: getattr(distribution, name) for name in self.base_fields})
        super().__init__(*args, **kwargs)
        choices = self.fields["licence"].choices  # type: ignore[attr-defined]  # a ChoiceField
        if distribution is not None and distribution.licence not in {code for code, _title in choices}:
            choices.append((distribution.licence, distribution.licence))


class LinkForm(DistributionForm):
    """A file or service that lies elsewhere."""

    def clean(self) -> dict[str, Any]:
        """Ask for an address."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("access_url") and not cleaned.get("download_url"):
            self.add_error("access_url", _("Write an address."))
        cleaned["access_url"] = cleaned.get("access_url") or cleaned.get("download_url") or ""
        return cleaned


class PullForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A table that is fetched by itself."""

    url = forms.URLField(label=_("Address"), max_length=2000, assume_scheme="https")
    every = SpanField(label=_("How often"), help_text=_("At least every 15 minutes."))

    class Meta:
        model = Pull
        fields = ["url", "every", "is_on"]

    def clean(self) -> dict[str, Any]:
        """Ask for a rhythm."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("every") and "every" not in self.errors:
            self.add_error("every", _("Say how often."))
        return cleaned


class ReasonForm(forms.Form):
    """Why a dataset is withdrawn."""

    reason = TranslatedTextFormField(
        label=_("Reason"), help_text=_("The page of the dataset stays and shows it to everybody.")
    )


class NoteForm(forms.Form):
    """What is new in a version."""

    note = forms.CharField(label=_("What is new"), required=False, max_length=500)
