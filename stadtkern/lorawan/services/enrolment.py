"""Setting devices up: one by one, by label, by list."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.mapping import read_meaning
from stadtkern.lorawan.models import Device, DeviceProfile
from stadtkern.lorawan.services.names import name_streams, place_thing
from stadtkern.people.models import User

COLUMNS = ("dev_eui", "name", "profile", "join_eui", "serial", "longitude", "latitude", "interval_minutes")
MOST_ROWS = 5000


def require(user: User | None, permission: str, device: Device | None = None) -> None:
    """Refuse a person who may not do this; `None` is the system itself."""
    if user is not None and not user.has_perm(f"lorawan.{permission}_device", device):
        raise NotPermitted(_("Only editors may work with LoRaWAN devices."))


def read_eui(text: str) -> str:
    """Return an EUI as it is stored; hyphens, colons and spaces do not count.

    Raises
    ------
    BadInput
        if it is none; the text says what is wrong.
    """
    eui = "".join(sign for sign in text if sign not in "-: \t").upper()
    if len(eui) != 16 or any(sign not in "0123456789ABCDEF" for sign in eui):  # noqa: PLR2004  # EUI-64
        raise BadInput(
            _("“%(text)s” is no EUI: it has 16 digits 0–9 and A–F, such as 70B3D57ED0050101.")
            % {"text": text[:40]}
        )
    return eui


def check_fields(fields: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is wrong with the meanings of fields, one line each."""
    problems = []
    seen: dict[str, str] = {}
    for entry in fields:
        name, observed_property, unit = (
            str(entry.get(key, "")).strip() for key in ("field", "property", "unit")
        )
        try:
            meaning = read_meaning(
                f"{name} = {observed_property} [{unit}]" if unit else f"{name} = {observed_property}"
            )
        except ValueError as error:
            problems.append(f"{name}: {error}")
            continue
        if meaning.observed_property in seen:
            problems.append(
                _("%(field)s: “%(property)s” is already used for %(other)s")
                % {
                    "field": name,
                    "property": meaning.observed_property,
                    "other": seen[meaning.observed_property],
                }
            )
        seen[meaning.observed_property] = name
    return problems


def clean_fields(fields: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the meanings of fields as they are stored; `BadInput` if one is wrong."""
    if problems := check_fields(fields):
        raise BadInput(problems[0])
    cleaned = []
    for entry in fields:
        unit = str(entry.get("unit", "")).strip()
        line = f"{entry['field']} = {entry['property']}" + (f" [{unit}]" if unit else "")
        meaning = read_meaning(line)
        cleaned.append(
            {
                "field": str(entry["field"]).strip(),
                "property": meaning.observed_property,
                "unit": meaning.unit,
                "name": str(entry.get("name", "")).strip()[:200],
            }
        )
    return cleaned


def enrol(device: Device, *, by: User | None = None) -> Device:
    """Store a device that somebody set up; from now on its uplinks are decoded here.

    Raises
    ------
    BadInput
        if something about it is wrong; the text names the field.
    """
    require(by, "change" if device.pk else "add", device if device.pk else None)
    device.fields = clean_fields(device.fields)
    if device.enrolled is None:
        device.enrolled = now()
    try:
        device.full_clean(exclude=["thing"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadInput(f"{name}: {messages[0]}") from error
    with transaction.atomic():
        device.save()
        place_thing(device)
        name_streams(device)
    return device


def release(device: Device, *, by: User | None = None) -> None:
    """Take a device out of service: it counts as unknown from now on. Its readings stay."""
    require(by, "delete", device)
    with transaction.atomic():
        device.alarms.filter(ended=None).update(ended=now())
        device.enrolled = None
        device.fields = []
        device.profile = None
        device.save()


@dataclass
class Report:
    """What an import of many devices did, or would do."""

    made: int = 0
    changed: int = 0
    same: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)
    """Row, column, what is wrong."""


def import_csv(body: bytes, *, by: User | None = None, dry_run: bool = False) -> Report:
    """Set up the devices of a list: all of them, or none if a row is wrong.

    Raises
    ------
    BadInput
        if it is no list of devices at all.
    """
    require(by, "add")
    rows = _rows(body)
    profiles = {profile.key: profile for profile in DeviceProfile.objects.all()}
    known = Device.objects.in_bulk(
        [_eui_or_nothing(row.get("dev_eui", "")) for _number, row in rows], field_name="eui"
    )
    report, devices = Report(), []
    seen: dict[str, int] = {}
    for number, row in rows:
        try:
            device, is_changed = _device(row, known, profiles)
        except _CellError as error:
            report.problems.append((number, error.column, str(error)))
            continue
        if device.eui in seen:
            text = _("also in row %(row)d") % {"row": seen[device.eui]}
            report.problems.append((number, "dev_eui", text))
            continue
        seen[device.eui] = number
        report.made += device.pk is None
        report.changed += device.pk is not None and is_changed
        report.same += device.pk is not None and not is_changed
        if is_changed:
            devices.append(device)
    if not report.problems and not dry_run:
        with transaction.atomic():
            for device in devices:
                enrol(device, by=by)
    return report


class _CellError(Exception):
    """A cell cannot be used."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


def _rows(body: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count), restkey="", restval="")
    try:
        names = [name.strip().lower() for name in reader.fieldnames or []]
        if "dev_eui" not in names:
            raise BadInput(
                _("The first row has to name the columns; “dev_eui” is missing. Known are: %(names)s.")
                % {"names": ", ".join(COLUMNS)}
            )
        reader.fieldnames = names
        found = [
            (number, {name: str(row.get(name) or "").strip() for name in COLUMNS})
            for number, row in enumerate(reader, start=2)
        ]
    except csv.Error as error:
        raise BadInput(_("This is no CSV file: %(reason)s") % {"reason": error}) from error
    found = [(number, row) for number, row in found if any(row.values())]
    if not found:
        raise BadInput(_("The list holds no device."))
    if len(found) > MOST_ROWS:
        raise BadInput(_("The list holds more than %(most)d devices.") % {"most": MOST_ROWS})
    return found


def _eui_or_nothing(text: str) -> str:
    try:
        return read_eui(text)
    except BadInput:
        return ""


def _device(
    row: Mapping[str, str], known: Mapping[str, Device], profiles: Mapping[str, DeviceProfile]
) -> tuple[Device, bool]:
    eui = _cell("dev_eui", read_eui, row)
    device = known.get(eui) or Device(eui=eui)
    before = {name: getattr(device, name) for name in (*_PLAIN, "profile_id", "interval", "enrolled")}
    device.name = row["name"][:200] or device.name
    device.serial = row["serial"][:100] or device.serial
    if row["join_eui"]:
        device.join_eui = _cell("join_eui", read_eui, row)
    if row["profile"]:
        if row["profile"] not in profiles:
            raise _CellError(
                "profile", _("there is no device profile “%(key)s”") % {"key": row["profile"][:80]}
            )
        device.profile = profiles[row["profile"]]
    for name, most in (("longitude", 180), ("latitude", 90)):
        if row[name]:
            setattr(device, name, _number(name, row[name], -most, most))
    if row["interval_minutes"]:
        device.interval = timedelta(
            minutes=_number("interval_minutes", row["interval_minutes"], 1, 60 * 24 * 366)
        )
    return device, device.pk is None or any(
        getattr(device, name) != value for name, value in before.items()
    ) or (device.enrolled is None)


_PLAIN = ("name", "serial", "join_eui", "longitude", "latitude")


def _cell(name: str, reader: Callable[[str], str], row: Mapping[str, str]) -> str:
    try:
        return reader(row[name])
    except BadInput as error:
        raise _CellError(name, str(error)) from None


def _number(name: str, text: str, least: float, most: float) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise _CellError(name, _("“%(text)s” is no number") % {"text": text[:40]}) from None
    if not least <= value <= most:
        raise _CellError(
            name,
            _("%(value)s is not between %(least)s and %(most)s")
            % {"value": text[:40], "least": least, "most": most},
        )
    return value
