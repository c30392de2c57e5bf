"""The forms of the back office for LoRaWAN devices."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stadtkern.base.errors import BadInput
from stadtkern.base.fields import ucum_code
from stadtkern.contracts.mapping import read_meanings
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.lorawan.labels import read_label
from stadtkern.lorawan.models import Codec, Device, DeviceProfile, Gateway
from stadtkern.lorawan.queries import Suggestion
from stadtkern.lorawan.services.downlinks import LAST_PORT
from stadtkern.lorawan.services.enrolment import check_fields

LONGEST_CSV = 5_000_000
MOST_FIELDS = 60


class LabelForm(forms.Form):
    """The first step: which device."""

    label = forms.CharField(
        label=gettext_lazy("Label or device EUI"),
        max_length=600,
        help_text=gettext_lazy(
            "Scan the QR code on the device with the keyboard scanner, or type its device EUI: 16 digits, "
            "with or without hyphens."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )

    def clean_label(self) -> Any:  # noqa: ANN401  # a Label
        """Return what the label says."""
        try:
            return read_label(self.cleaned_data["label"])
        except BadInput as error:
            raise forms.ValidationError(str(error)) from error


class ProfileForm(forms.Form):
    """The second step: which kind of device, and how it is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("What people call the place, such as “Linde am Dreieck”. The public sees it."),
    )
    profile = forms.ModelChoiceField(
        label=gettext_lazy("Device profile"),
        queryset=DeviceProfile.objects.select_related("codec").order_by("vendor", "name"),
        help_text=gettext_lazy("The kind of device. It brings the codec that reads the bytes."),
    )


class DeviceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """The third step: place, interval, constants."""

    interval_minutes = forms.FloatField(
        label=gettext_lazy("Sends every … minutes"),
        min_value=1,
        max_value=60 * 24 * 366,
        required=False,
        help_text=gettext_lazy(
            "Empty: as its profile says. Without any interval there is no alarm when it falls silent."
        ),
    )
    variables_lines = forms.CharField(
        label=gettext_lazy("Constants of this device"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "One line each, such as height_mm = 2250. The codec reads them as input.variables."
        ),
    )

    class Meta:
        model = Device
        fields = ("name", "longitude", "latitude", "patience", "serial")
        labels = {"longitude": gettext_lazy("Longitude"), "latitude": gettext_lazy("Latitude")}

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        self.fields["name"].required = True
        if self.instance.interval:
            self.initial["interval_minutes"] = self.instance.interval.total_seconds() / 60
        lines = (f"{name} = {value}" for name, value in self.instance.variables.items())
        self.initial["variables_lines"] = "\n".join(lines)
        self.order_fields(
            ["name", "longitude", "latitude", "interval_minutes", "patience", "variables_lines", "serial"]
        )

    def clean_variables_lines(self) -> dict[str, str]:
        """Return the constants by name."""
        found = {}
        for number, line in enumerate(self.cleaned_data["variables_lines"].splitlines(), start=1):
            if not line.strip():
                continue
            name, sign, value = (part.strip() for part in line.partition("="))
            if not sign or not name.isidentifier() or len(value) > 200:  # noqa: PLR2004
                raise forms.ValidationError(
                    _("Line %(number)d: write it as “name = value”.") % {"number": number}
                )
            found[name] = value
        return found

    def clean(self) -> dict[str, Any]:
        """Check that a place is whole."""
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("longitude") is None) != (cleaned.get("latitude") is None):
            missing = "longitude" if cleaned.get("longitude") is None else "latitude"
            if missing not in self.errors:
                self.add_error(missing, _("A place needs longitude and latitude."))
        return cleaned

    def apply(self) -> Device:
        """Return the device with what was typed; it is not stored yet."""
        device: Device = self.instance
        minutes = self.cleaned_data.get("interval_minutes")
        device.interval = timedelta(minutes=minutes) if minutes else None
        device.variables = self.cleaned_data.get("variables_lines") or {}
        return device


class FieldRow(forms.Form):
    """One decoded field: whether it is stored, and as what."""

    field = forms.CharField(max_length=200, widget=forms.HiddenInput)
    is_used = forms.BooleanField(label=gettext_lazy("Store"), required=False)
    property = forms.CharField(
        label=gettext_lazy("Observed property"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"list": "properties", "size": 22}),
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"list": "units", "size": 8}),
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the series"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"size": 22}),
    )

    def clean_unit(self) -> str:
        """Return the code of a unit that may be typed as people write it."""
        return ucum_code(self.cleaned_data["unit"]) if self.cleaned_data["unit"] else ""

    def clean(self) -> dict[str, Any]:
        """Ask whether property and unit belong together."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("is_used") and not self.errors:
            for problem in check_fields([self.entry()]):
                self.add_error("property", problem.partition(": ")[2] or problem)
        return cleaned

    def entry(self) -> dict[str, str]:
        """Return the meaning as a device keeps it."""
        return {name: str(self.cleaned_data.get(name, "")) for name in ("field", "property", "unit", "name")}


class BaseFieldRows(forms.BaseFormSet):  # type: ignore[type-arg]  # generic only in stubs
    """The meanings of all fields of a device."""

    def clean(self) -> None:
        """Refuse two fields with one meaning."""
        if any(self.errors):
            return
        seen: dict[str, str] = {}
        for row in self.forms:
            entry = row.entry()
            if not row.cleaned_data.get("is_used"):
                continue
            if entry["property"] in seen:
                row.add_error(
                    "property",
                    _("“%(property)s” is already used for %(other)s")
                    % {"property": entry["property"], "other": seen[entry["property"]]},
                )
            seen[entry["property"]] = entry["field"]

    def entries(self) -> list[dict[str, str]]:
        """Return the meanings of the fields that are stored."""
        return [row.entry() for row in self.forms if row.cleaned_data.get("is_used")]


FieldRows = forms.formset_factory(
    FieldRow, formset=BaseFieldRows, extra=0, max_num=MOST_FIELDS, absolute_max=MOST_FIELDS
)


def initial_rows(
    found: Sequence[Suggestion], device: Device, *, is_normalized: bool
) -> list[dict[str, object]]:
    """Return what the rows of the fields show first: as the device has it, else what is suggested."""
    said = {entry["field"]: entry for entry in device.fields}
    rows: list[dict[str, object]] = []
    for one in found[:MOST_FIELDS]:
        entry: Mapping[str, str] = said.get(one.field, {})
        # a codec that normalises needs no list; ticking a field makes one
        is_used = one.field in said if said else (one.is_known and one.is_number and not is_normalized)
        rows.append(
            {
                "field": one.field,
                "is_used": is_used,
                "property": entry.get("property", one.observed_property),
                "unit": entry.get("unit", one.unit),
                "name": entry.get("name", ""),
            }
        )
    return rows


def property_choices() -> list[tuple[str, str]]:
    """Return the observed properties that connectors share: slug and name."""
    return [(slug, _(one.name)) for slug, one in OBSERVED_PROPERTIES.items()]


def unit_choices() -> list[str]:
    """Return usual units."""
    return sorted({one.unit for one in OBSERVED_PROPERTIES.values()})


class CodecForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """A device profile with the program of its codec, and bytes to try it on."""

    script = forms.CharField(
        label=gettext_lazy("Codec (JavaScript)"),
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "lorawan-code"}),
        help_text=gettext_lazy(
            "decodeUplink(input), normalizeUplink(input), encodeDownlink(input), decodeDownlink(input)"
        ),
    )
    fields_lines = forms.CharField(
        label=gettext_lazy("What the fields mean"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "One line each: field = property [unit]. Empty: as the codec normalises, else well-known names."
        ),
    )
    sample = forms.CharField(
        label=gettext_lazy("Bytes to try"),
        required=False,
        max_length=1100,
        help_text=gettext_lazy("In hexadecimal. Empty: the last uplinks of its devices."),
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"), min_value=0, max_value=255, initial=1, required=False
    )

    class Meta:
        model = DeviceProfile
        fields = ("vendor", "name", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        self.initial["script"] = self.instance.codec.script if self.instance.codec else EMPTY_CODEC
        self.initial["fields_lines"] = "\n".join(self.instance.fields)

    def clean_fields_lines(self) -> list[str]:
        """Return the lines, each of which says something."""
        lines = [line.strip() for line in self.cleaned_data["fields_lines"].splitlines() if line.strip()]
        try:
            read_meanings(lines)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return lines

    def clean_sample(self) -> bytes:
        """Return the bytes."""
        return read_hex(self.cleaned_data["sample"])


EMPTY_CODEC = """function decodeUplink(input) {
  return { data: { temperature: ((input.bytes[0] << 8) | input.bytes[1]) / 10 } };
}
"""


def read_hex(text: str) -> bytes:
    """Return bytes written in hexadecimal, with or without spaces, colons or commas."""
    plain = "".join(sign for sign in text.replace("0x", " ") if sign not in " ,:-\t\r\n")
    try:
        return bytes.fromhex(plain)
    except ValueError:
        raise forms.ValidationError(_("Write bytes in hexadecimal, such as 01 0F 3A.")) from None


class DownlinkForm(forms.Form):
    """A message to a device: as fields for its codec, or as bytes."""

    content = forms.CharField(
        label=gettext_lazy("Fields or bytes"),
        max_length=2000,
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            'Fields for the codec, such as {"interval_minutes": 15}, or bytes, such as 01 00 0F.'
        ),
    )
    port = forms.IntegerField(
        label=gettext_lazy("Port"),
        min_value=1,
        max_value=LAST_PORT,
        initial=10,
        help_text=gettext_lazy("The codec may choose another one."),
    )
    is_confirmed = forms.BooleanField(
        label=gettext_lazy("The device has to confirm it"),
        required=False,
        help_text=gettext_lazy("Costs battery and air time."),
    )

    def clean_content(self) -> object:
        """Return fields as an object or bytes."""
        text = self.cleaned_data["content"].strip()
        if not text.startswith("{"):
            return read_hex(text)
        try:
            return json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("The fields are no JSON: %(reason)s") % {"reason": error}
            ) from error


class CsvForm(forms.Form):
    """A list of devices."""

    file = forms.FileField(label=gettext_lazy("CSV file"), required=False)
    labels = forms.CharField(
        label=gettext_lazy("Or scanned labels"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=gettext_lazy("One label a line, as the scanner writes it."),
    )

    def clean(self) -> dict[str, Any]:
        """Want one of the two."""
        cleaned = super().clean() or self.cleaned_data
        file = cleaned.get("file")
        if not file and not cleaned.get("labels") and not self.errors:
            raise forms.ValidationError(_("Choose a file or scan labels."))
        if file and file.size > LONGEST_CSV:
            self.add_error("file", _("The file is larger than 5 MB."))
        return cleaned


class GatewayForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in stubs
    """Name and place of a gateway."""

    longitude = forms.FloatField(
        label=gettext_lazy("Longitude"), min_value=-180, max_value=180, required=False
    )
    latitude = forms.FloatField(label=gettext_lazy("Latitude"), min_value=-90, max_value=90, required=False)

    class Meta:
        model = Gateway
        fields = ("name",)

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        if self.instance.location:
            self.initial["longitude"], self.initial["latitude"] = self.instance.location.tuple

    def clean(self) -> dict[str, Any]:
        """Check that a place is whole."""
        cleaned = super().clean() or self.cleaned_data
        if (cleaned.get("longitude") is None) != (cleaned.get("latitude") is None):
            raise forms.ValidationError(_("A place needs longitude and latitude."))
        return cleaned


def new_codec(key: str) -> Codec:
    """Return a codec that is not stored yet."""
    return Codec(key=key)
