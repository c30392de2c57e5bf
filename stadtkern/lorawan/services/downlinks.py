"""Messages to devices: ordered here, handed to the network server by `ingest`, reported back by it."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.contracts.connector import DownlinkOrder, DownlinkReport
from stadtkern.lorawan.engine.pool import Script
from stadtkern.lorawan.models import Device, Downlink
from stadtkern.lorawan.services.decoding import codec_pool
from stadtkern.people.models import User

LARGEST = 242
"""Bytes; regional parameters RP002 allow no more at any data rate."""
LAST_PORT = 223
"""Ports 1 to 223 are for applications (LoRaWAN 1.0.4, 4.3.2)."""
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=10)
MOST_WAITING = 20
"""Messages of one device that wait: it may listen only a few times a day."""
State = Downlink.State
ORDER = [State.WAITING, State.HANDED, State.QUEUED, State.SENT, State.ACKNOWLEDGED]


def encode(device: Device, fields: Any, port: int) -> tuple[bytes, int, Sequence[str]]:  # noqa: ANN401  # any JSON
    """Return what the codec of a device makes of fields: bytes, port and its warnings.

    Raises
    ------
    BadInput
        if there is no codec, or it refuses.
    """
    codec = device.profile.codec if device.profile else None
    if codec is None:
        raise BadInput(_("The device has no codec; write the bytes instead."))
    script = Script(codec.script, codec.digest)
    (result,) = codec_pool().run(
        script, "encode", [{"data": fields, "fPort": port, "variables": device.variables}]
    )
    if result.errors:
        raise BadInput(_("The codec says: %(reason)s") % {"reason": result.errors[0]})
    return result.payload, result.port or port, result.warnings


def order(  # noqa: PLR0913  # every one by name
    device: Device,
    *,
    port: int,
    payload: bytes,
    fields: Any = None,  # noqa: ANN401  # any JSON
    is_confirmed: bool = False,
    by: User | None = None,
) -> Downlink:
    """Put a message to a device into the queue.

    Raises
    ------
    BadInput
        if it cannot be sent.
    """
    if by is not None and not by.has_perm("lorawan.send_downlink", device):
        raise NotPermitted(_("Only editors may send messages to devices."))
    if not 1 <= port <= LAST_PORT:
        raise BadInput(_("The port has to be between 1 and %(last)d.") % {"last": LAST_PORT})
    if not 1 <= len(payload) <= LARGEST:
        raise BadInput(
            _("A message has 1 to %(most)d bytes, this one has %(size)d.")
            % {"most": LARGEST, "size": len(payload)}
        )
    if device.enrolled is None or not device.source:
        raise BadInput(_("Messages can be sent once the device is enrolled and has been heard."))
    if device.downlinks.filter(state__in=(State.WAITING, State.HANDED, State.QUEUED)).count() >= MOST_WAITING:
        raise BadInput(_("%(most)d messages are already waiting for this device.") % {"most": MOST_WAITING})
    return Downlink.objects.create(
        device=device,
        reference=secrets.token_hex(16),
        port=port,
        payload=payload,
        fields=fields,
        is_confirmed=is_confirmed,
        ordered_by=by,
    )


def waiting(most: int = 50) -> list[tuple[Downlink, DownlinkOrder]]:
    """Return the messages whose turn it is, oldest first."""
    found = Downlink.objects.filter(state=State.WAITING, next_try__lte=now()).select_related("device")
    return [(downlink, _order_of(downlink)) for downlink in found.order_by("ordered", "pk")[:most]]


def _order_of(downlink: Downlink) -> DownlinkOrder:
    # ChirpStack wants a UUID as id of an item of its queue
    digits = downlink.reference
    uuid = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return DownlinkOrder(
        reference=uuid,
        device_eui=downlink.device.eui,
        network_id=downlink.device.network_id,
        application=downlink.device.application,
        port=downlink.port,
        payload=bytes(downlink.payload),
        is_confirmed=downlink.is_confirmed,
    )


def note_handed(downlink: Downlink) -> None:
    """Note that the network server took a message."""
    _change(downlink, State.HANDED, "")


def note_refused(downlink: Downlink, reason: str, *, is_final: bool) -> None:
    """Note that a message could not be handed over; it is tried again unless that is of no use."""
    downlink.attempts += 1
    if is_final or downlink.attempts >= MOST_ATTEMPTS:
        _change(downlink, State.FAILED, reason)
        return
    downlink.next_try = now() + FIRST_PAUSE * (1 << (downlink.attempts - 1))
    downlink.detail = reason[:300]
    downlink.save(update_fields=["attempts", "next_try", "detail"])


def note_reports(reports: Iterable[DownlinkReport]) -> int:
    """Note what the network server tells about our messages; return how many of ours it told about."""
    told = {report.reference.replace("-", "").lower(): [] for report in reports}  # type: dict[str, list[DownlinkReport]]
    for report in reports:
        told[report.reference.replace("-", "").lower()].append(report)
    found = Downlink.objects.filter(reference__in=told)
    for downlink in found:
        for report in told[downlink.reference]:
            _advance(downlink, State(report.state), report.detail)
    return len(found)


def _advance(downlink: Downlink, state: Downlink.State, detail: str) -> None:
    """Move a message on; reports may come out of order, and a late one takes nothing back."""
    if downlink.state in {State.FAILED, State.ACKNOWLEDGED}:
        return
    if state != State.FAILED and ORDER.index(state) <= ORDER.index(State(downlink.state)):
        return
    _change(downlink, state, detail)


def _change(downlink: Downlink, state: Downlink.State, detail: str) -> None:
    downlink.state = state
    downlink.detail = detail[:300]
    downlink.changed = now()
    downlink.save(update_fields=["state", "detail", "changed", "attempts"])
