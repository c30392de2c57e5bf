"""The text of QR labels on LoRaWAN devices, as the LoRa Alliance lays it down (TR005-1.0.0)."""

from dataclasses import dataclass
from urllib.parse import quote

import segno
from django.utils.translation import gettext as _

from stadtkern.base.errors import BadInput

LONGEST = 500
HEXADECIMAL = frozenset("0123456789ABCDEFabcdef")
PREFIX, SCHEMA = "LW", "D0"
OPTIONAL = {"O": "owner_token", "S": "serial", "P": "proprietary", "C": "checksum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a label says: `LW:D0:<JoinEUI>:<DevEUI>:<ProfileID>[:O<token>][:S<serial>][:P<own>][:C<sum>]`."""

    join_eui: str
    dev_eui: str
    vendor: int
    profile: int
    owner_token: str = ""
    serial: str = ""
    proprietary: str = ""

    @property
    def text(self) -> str:
        """The text of the label, with its check sum."""
        body = f"{PREFIX}:{SCHEMA}:{self.join_eui}:{self.dev_eui}:{self.vendor:04X}{self.profile:04X}"
        body += f":O{self.owner_token}" if self.owner_token else ""
        body += f":S{self.serial}" if self.serial else ""
        body += f":P{self.proprietary}" if self.proprietary else ""
        return f"{body}:C{checksum(body):04X}"


def checksum(text: str) -> int:
    """Return the check sum of TR005: CRC-16/MODBUS over everything before `:C`.

    >>> text = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR"
    >>> f"{checksum(text):04X}"
    'AF2C'
    """
    value = 0xFFFF
    for byte in text.encode("ascii", "replace"):
        value ^= byte
        for _bit in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def read_label(text: str) -> Label:
    """Read a scanned label; a bare device EUI is taken, too.

    Raises
    ------
    BadInput
        if it is none; the text says what is wrong.
    """
    scanned = text.strip()
    if len(scanned) > LONGEST:
        raise BadInput(_("That is too long for the label of a device."))
    bare = "".join(sign for sign in scanned if sign not in "-: ")
    if len(bare) == 16 and set(bare) <= HEXADECIMAL:  # noqa: PLR2004  # EUI-64
        return Label(join_eui="", dev_eui=bare.upper(), vendor=0, profile=0)
    parts = scanned.split(":")
    if [part.upper() for part in parts[:2]] != [PREFIX, SCHEMA] or len(parts) < 5:  # noqa: PLR2004  # mandatory
        raise BadInput(_("This is no label of a LoRaWAN device: it begins with “LW:D0:”."))
    join_eui, dev_eui, kind = (part.upper() for part in parts[2:5])
    for name, value, size in (
        (_("join EUI"), join_eui, 16),
        (_("device EUI"), dev_eui, 16),
        (_("profile"), kind, 8),
    ):
        if len(value) != size or not set(value) <= HEXADECIMAL:
            raise BadInput(
                _("%(name)s on the label: “%(value)s” has to be %(size)d hexadecimal digits.")
                % {"name": name, "value": value[:40], "size": size}
            )
    more = _optional(parts[5:], scanned)
    return Label(
        join_eui=join_eui, dev_eui=dev_eui, vendor=int(kind[:4], 16), profile=int(kind[4:], 16), **more
    )


def _optional(parts: list[str], scanned: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        name = OPTIONAL.get(part[:1])
        if name is None or name in found:
            raise BadInput(
                _("The label has a part that the standard does not know: “%(part)s”.") % {"part": part[:40]}
            )
        found[name] = part[1:]
    given = found.pop("checksum", "")
    if given:
        body = scanned[: scanned.rindex(":C")]
        if not set(given) <= HEXADECIMAL or int(given, 16) != checksum(body):
            raise BadInput(_("The check sum of the label is wrong: it was misread. Please scan it again."))
    return found


def picture(text: str) -> str:
    """Return the QR code of a text as the source of a picture (`data:`)."""
    code = segno.make_qr(text, error="m")
    uri: str = code.svg_data_uri(border=2, omitsize=True, nl=False, svgclass=None, lineclass=None)
    return uri


def device_address(public_url: str, eui: str) -> str:
    """Return the address that our own labels lead to."""
    return f"{public_url}/device/{quote(eui)}/"
