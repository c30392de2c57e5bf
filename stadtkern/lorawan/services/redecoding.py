"""Decode what is stored once more, after a codec or the meaning of a field was mended.

A run goes through the uplinks that there were when it began, in small transactions, and remembers how far it
came: it may be interrupted and started again, and a second run finds nothing left to change.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput
from stadtkern.contracts.connector import Item, RawUplink, Reading
from stadtkern.governance.models import DataProfile
from stadtkern.lorawan.models import Device, DeviceProfile, Redecoding, ResultChange, Uplink
from stadtkern.lorawan.services.decoding import call, items_of, results_of, run
from stadtkern.lorawan.services.enrolment import require
from stadtkern.lorawan.services.keeping import storable
from stadtkern.observations.models import Datastream
from stadtkern.observations.services import record
from stadtkern.observations.services.corrections import forget
from stadtkern.people.models import User

logger = logging.getLogger(__name__)
TOGETHER = 200
DEAD_AFTER = timedelta(minutes=10)
Key = tuple[str, str]
"""Property and ISO time."""
Results = Mapping[Key, tuple[float, str]]
State = Redecoding.State


def start_redecoding(
    *,
    profile: DeviceProfile | None = None,
    device: Device | None = None,
    since: datetime | None = None,
    by: User | None = None,
) -> Redecoding:
    """Note that the uplinks of a device, or of all devices of a profile, are to be decoded once more.

    Raises
    ------
    BadInput
        if such a run is already going on.
    """
    require(by, "change", device)
    if (profile is None) == (device is None):
        raise ValueError("name a profile or a device")
    active = Redecoding.objects.filter(
        profile=profile, device=device, state__in=(State.WAITING, State.RUNNING), alive__gt=now() - DEAD_AFTER
    )
    if active.exists():
        raise BadInput(_("These uplinks are already being decoded once more."))
    made = Redecoding(profile=profile, device=device, since=since, started_by=by)
    uplinks = _uplinks(made)
    made.total = uplinks.count()
    made.until = uplinks.aggregate(last=Max("pk"))["last"] or 0
    made.save()
    return made


def _uplinks(work: Redecoding) -> QuerySet[Uplink]:
    found = Uplink.objects.filter(device__enrolled__isnull=False)
    found = (
        found.filter(device=work.device_id)
        if work.device_id
        else found.filter(device__profile=work.profile_id)
    )
    return found.filter(time__gte=work.since) if work.since else found


def redecode(work: Redecoding, *, steps: int | None = None) -> Redecoding:
    """Do a run, or go on with it; with `steps` only that many transactions of it."""
    work.state = State.RUNNING
    work.save(update_fields=["state"])
    try:
        count = 0
        while steps is None or count < steps:
            if not _step(work):
                work.state, work.finished = State.DONE, now()
                break
            count += 1
    except Exception as error:
        work.state, work.error, work.finished = State.FAILED, str(error)[:300], now()
        logger.exception("decoding once more failed")
        raise
    finally:
        work.save()
    return work


def _step(work: Redecoding) -> bool:
    """Decode the next uplinks; return whether there were any."""
    found = list(
        _uplinks(work)
        .filter(pk__gt=work.reached, pk__lte=work.until)
        .select_related("device__profile__codec")
        .order_by("pk")[:TOGETHER]
    )
    if not found:
        return False
    fresh = _decode(found)
    with transaction.atomic():
        for uplink in found:
            if uplink.pk in fresh:
                _replace(work, uplink, fresh[uplink.pk])
        work.reached, work.alive = found[-1].pk, now()
        work.done += len(found)
        work.save()
    return True


def _decode(uplinks: Sequence[Uplink]) -> dict[int, list[Item]]:
    """Return the items of uplinks as they are read now, and write the rest into the uplinks, unsaved."""
    items: dict[int, list[Item]] = {}
    for profile in {uplink.device.profile for uplink in uplinks if uplink.device.profile}:
        if profile.codec is None:
            continue
        own = [u for u in uplinks if u.device.profile_id == profile.pk and u.payload and u.port != 0]
        calls = [call(bytes(u.payload), u.port, u.time.timestamp() * 1000, u.device.variables) for u in own]
        for uplink, decoded in zip(own, run(profile.codec, calls), strict=True):
            raw = RawUplink(
                thing=uplink.device.eui, time=uplink.time, payload=bytes(uplink.payload), port=uplink.port
            )
            items[uplink.pk] = items_of(decoded, uplink.device.eui, raw, uplink.device)
            uplink.decoded = storable(decoded.data)
            uplink.normalized = storable(list(decoded.normalized)) if decoded.normalized else None
            uplink.warnings = list(decoded.warnings)
            uplink.error = decoded.errors[0][:300] if decoded.errors else ""
            uplink.digest = profile.codec.digest
    return items


def _results(rows: Sequence[Sequence[object]]) -> dict[Key, tuple[float, str]]:
    return {(str(row[0]), str(row[1])): (float(str(row[2])), str(row[3])) for row in rows}


def _replace(work: Redecoding, uplink: Uplink, items: Sequence[Item]) -> None:
    """Put the new results of one uplink in the place of the old ones, and note what they were."""
    if uplink.error:
        # a codec that fails now says nothing about what was right before
        work.failed += 1
        Uplink.objects.filter(pk=uplink.pk).update(error=uplink.error, digest=uplink.digest)
        return
    old, new = _results(uplink.results), _results(results_of(items))
    gone = {key for key in old if old[key] != new.get(key)}
    fresh = {key for key in new if new[key] != old.get(key)}
    # also what is fresh may have a result there, of another origin: the datastream would keep the first one
    prefix = f"{uplink.device.source}:{uplink.device.eui}"
    forget([(f"{prefix}:{name}", datetime.fromisoformat(time)) for name, time in gone | fresh])
    if fresh:
        readings = [
            item
            for item in items
            if isinstance(item, Reading)
            and (item.observed_property, item.phenomenon_time.isoformat()) in fresh
        ]
        record(readings, source=uplink.device.source, profile=_data_profile(uplink.device))
    uplink.results = results_of(items)
    uplink.save()
    _note(work, uplink, old, new, gone | fresh)


def _data_profile(device: Device) -> DataProfile | None:
    """Return the data profile that new datastreams of the device get: that of its other ones."""
    if device.thing_id is None:
        return None
    stream = (
        Datastream.objects.filter(thing=device.thing_id)
        .exclude(profile=None)
        .select_related("profile")
        .first()
    )
    return stream.profile if stream else None


def _note(work: Redecoding, uplink: Uplink, old: Results, new: Results, keys: set[Key]) -> None:
    changes = []
    for name, time in sorted(keys):
        before, after = old.get((name, time)), new.get((name, time))
        work.changed += before is not None and after is not None
        work.removed += after is None
        work.added += before is None
        changes.append(
            ResultChange(
                run=work,
                device=uplink.device,
                observed_property=name,
                time=datetime.fromisoformat(time),
                old=before[0] if before else None,
                old_unit=before[1] if before else "",
                new=after[0] if after else None,
                new_unit=after[1] if after else "",
            )
        )
    ResultChange.objects.bulk_create(changes)
