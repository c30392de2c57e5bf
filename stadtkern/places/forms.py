"""Forms of areas and addresses in the back office."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from stadtkern.base.errors import BadInput
from stadtkern.places.files import FORMATS
from stadtkern.places.models import Address, Area
from stadtkern.places.services import find_areas, find_parent, one_outline

ACCEPTED = ",".join(sorted(FORMATS - {".shp"}))


@contextmanager
def on_disk(upload: "UploadedFile[Any]") -> Iterator[Path]:
    """Give the reader of geographic files what it wants: a path with the right ending."""
    with tempfile.TemporaryDirectory(prefix="stadtkern-import-") as folder:
        # the name comes from outside: only its ending is used, and only where the reader knows it
        ending = Path(upload.name or "").suffix.lower()
        path = Path(folder) / f"upload{ending if ending in FORMATS else '.unknown'}"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        yield path


class AreaForm(WagtailAdminModelForm):
    """One area; its outline comes from a file."""

    outline = forms.FileField(
        label=gettext_lazy("outline"),
        help_text=gettext_lazy("GeoJSON, GeoPackage or zipped Shapefile with exactly one area."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )

    class Meta:
        model = Area
        fields = ["kind", "slug", "name", "code", "parent"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as Django's forms
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Area.objects.defer("geometry").exclude(pk=self.instance.pk)
        if self.instance.pk:
            self.fields["outline"].required = False
            self.fields["outline"].help_text = _("Leave it empty to keep the outline that is there.")

    def clean_outline(self) -> "UploadedFile[Any] | None":
        """Read the file; the instance gets its outline."""
        upload: UploadedFile[Any] | None = self.cleaned_data["outline"]
        if upload:
            try:
                with on_disk(upload) as path:
                    self.instance.geometry = one_outline(path)
            except BadInput as problem:
                raise forms.ValidationError(str(problem)) from problem
        return upload

    def save(self, commit: bool = True) -> Area:  # noqa: FBT001, FBT002  # Django's signature
        """Save, and find the larger area where none was named."""
        area: Area = super().save(commit=commit)
        if commit and area.parent_id is None:
            find_parent(area)
        return area


class AddressForm(WagtailAdminModelForm):
    """One address; its quarter or town follows from its position."""

    latitude = forms.FloatField(
        label=gettext_lazy("latitude"), min_value=-90, max_value=90, help_text=gettext_lazy("such as 51.9503")
    )
    longitude = forms.FloatField(
        label=gettext_lazy("longitude"),
        min_value=-180,
        max_value=180,
        help_text=gettext_lazy("such as 14.7165"),
    )

    class Meta:
        model = Address
        fields = ["street", "house_number", "postcode", "place"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # as Django's forms
        super().__init__(*args, **kwargs)
        if self.instance.point:
            self.initial |= {"longitude": self.instance.point.x, "latitude": self.instance.point.y}

    def clean(self) -> dict[str, Any]:
        """Put position and area on the address."""
        cleaned: dict[str, Any] = super().clean()
        if {"longitude", "latitude"} <= cleaned.keys():
            self.instance.point = Point(cleaned["longitude"], cleaned["latitude"], srid=4326)
            self.instance.area = None
            find_areas([self.instance])
        return cleaned


class ImportForm(forms.Form):
    """A file of areas or addresses."""

    file = forms.FileField(
        label=gettext_lazy("file"),
        help_text=gettext_lazy("GeoJSON, GeoPackage, CSV or zipped Shapefile."),
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )
    srid = forms.IntegerField(
        label=gettext_lazy("EPSG code"),
        required=False,
        min_value=1,
        max_value=999999,
        help_text=gettext_lazy(
            "Only if the file does not say in which coordinate system it is, such as 25833."
        ),
    )
    dry_run = forms.BooleanField(
        label=gettext_lazy("only check, write nothing"), required=False, initial=True
    )

    def run(self, importer: Callable[..., Any]) -> Any:  # noqa: ANN401  # the report of the importer
        """Import the file.

        Raises
        ------
        BadInput
            if the file as a whole cannot be used.
        """
        given = self.cleaned_data
        with on_disk(given["file"]) as path:
            return importer(path, dry_run=given["dry_run"], srid=given["srid"])
