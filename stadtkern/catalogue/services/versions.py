"""Versions of a table: a file comes in, its columns are confirmed, it is read, it becomes current.

What takes long is done by the worker (`work`); what it is to do stands in the state of the version, so that
nothing is lost when a process ends.
"""

import logging
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from auditlog.models import LogEntry
from django.db import transaction
from django.db.models import Max
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.catalogue import current
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.services import files
from stadtkern.people import rights
from stadtkern.people.models import User
from stadtkern.tables import Plan

State = Version.State
logger = logging.getLogger(__name__)


def demand(by: User | None, permission: str, thing: Dataset | Distribution) -> None:
    """Refuse a person who may not; without a person it is the program itself."""
    if by is not None and not by.has_perm(f"catalogue.{permission}", thing):
        raise NotPermitted(_("You may not do this with this dataset."))


def demand_change(by: User | None, distribution: Distribution) -> None:
    """Refuse a person who may not change the table; withdrawn datasets stay as they were."""
    demand(by, "change_distribution", distribution)
    if distribution.dataset.withdrawn_at is not None:
        raise BadInput(_("The dataset was withdrawn."))


def upload(
    distribution: Distribution, file: IO[bytes] | Path, name: str, *, by: User | None, note: str = ""
) -> Version:
    """Store a file as the next version; the worker looks at it next.

    Raises
    ------
    NotPermitted, BadInput, Unavailable
        if the person may not, the file is empty or too large, or the disk is full.
    """
    demand_change(by, distribution)
    if isinstance(file, Path):
        with file.open("rb") as opened:
            staged = files.stage(files.blocks(opened))
    else:
        staged = files.stage(files.blocks(file))
    return add(distribution, staged, name, by=by, note=note)


def add(  # noqa: PLR0913  # each says something else about the file
    distribution: Distribution,
    staged: files.Staged,
    name: str,
    *,
    by: User | None,
    note: str = "",
    source_url: str = "",
    is_automatic: bool = False,
) -> Version:
    """Make the next version out of a file that lies on disk already."""
    try:
        with transaction.atomic():
            version = Version(
                distribution=distribution,
                number=next_number(distribution),
                original_name=safe_name(name),
                byte_size=staged.size,
                sha256=staged.sha256,
                note=note[:500],
                source_url=source_url,
                is_automatic=is_automatic,
                created_by=by,
            )
            files.take(staged, version)
            version.save()
    finally:
        staged.path.unlink(missing_ok=True)
    return version


@transaction.atomic
def fetch(distribution: Distribution, url: str, *, by: User | None, note: str = "") -> Version:
    """Make the next version out of what the worker will find at an address."""
    demand_change(by, distribution)
    return Version.objects.create(
        distribution=distribution,
        number=next_number(distribution),
        original_name=name_in(url),
        source_url=url,
        note=note[:500],
        created_by=by,
    )


def next_number(distribution: Distribution) -> int:
    """Return the number of the next version; holds others off until the transaction ends.

    SQLite begins every transaction of ours with its only write lock, PostgreSQL locks the row.
    """
    Distribution.objects.select_for_update().get(pk=distribution.pk)
    highest = Version.objects.filter(distribution=distribution).aggregate(number=Max("number"))["number"]
    return (highest or 0) + 1


def name_in(url: str) -> str:
    """Return the file name at the end of an address."""
    return safe_name(unquote(PurePosixPath(urlsplit(url).path).name))


def trail(version: Version, before: str, after: str) -> None:
    """Write into the audit trail what a person had done with a file; states of the worker are not written."""
    LogEntry.objects.log_create(version, action=LogEntry.Action.UPDATE, changes={"state": [before, after]})


def safe_name(name: str) -> str:
    """Return a file name without folders and control characters, of a length that can be stored."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .") or "data"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:200]}.{ending[:20]}" if dot and stem else plain[:200]


@transaction.atomic
def confirm(version: Version, plan: Plan, *, by: User | None, note: str | None = None) -> None:
    """Have a version read by a plan.

    Raises
    ------
    BadInput
        if it does not wait for that: somebody else was quicker, or it was cancelled.
    """
    demand_change(by, version.distribution)
    if not any(column.is_kept for column in plan.columns):
        raise BadInput(_("Keep at least one column."))
    changes = {"state": State.READING, "plan": plan.to_json(), "attempts": 0, "problem": "", "done_bytes": 0}
    if note is not None:
        changes["note"] = note[:500]
    waiting = Version.objects.filter(pk=version.pk, state=State.ASKING, is_cancelled=False)
    if not waiting.update(**changes):
        raise BadInput(_("This file no longer waits for its columns."))
    trail(version, State.ASKING, State.READING)
    version.refresh_from_db()


@transaction.atomic
def look_again(version: Version, hints: Mapping[str, object], *, by: User | None) -> None:
    """Have the worker look at a file once more, with what a person knows about it (`tables.Hints`)."""
    demand_change(by, version.distribution)
    given = {name: value for name, value in hints.items() if value not in ("", None)}
    waiting = Version.objects.filter(pk=version.pk, state=State.ASKING, is_cancelled=False)
    if not waiting.update(state=State.WAITING, attempts=0, findings={**version.findings, "hints": given}):
        raise BadInput(_("This file no longer waits for its columns."))
    version.refresh_from_db()


@transaction.atomic
def apply_fix(version: Version, number: int, *, by: User | None) -> None:
    """Change the plan as offered for one of the problems found."""
    demand_change(by, version.distribution)
    problems = list(version.findings["problems"])
    problem = problems.pop(number)
    plan = Plan.from_json(version.plan).fixed(problem["fix"]).to_json()
    waiting = Version.objects.filter(pk=version.pk, state=State.ASKING, is_cancelled=False)
    if not waiting.update(plan=plan, findings={**version.findings, "problems": problems}):
        raise BadInput(_("This file no longer waits for its columns."))
    version.refresh_from_db()


def cancel(version: Version, *, by: User | None) -> None:
    """Stop the work on a version and delete its files."""
    demand(by, "change_distribution", version.distribution)
    stoppable = Version.objects.filter(pk=version.pk).exclude(state__in=(State.READY, State.CANCELLED))
    if not stoppable.update(is_cancelled=True):
        raise BadInput(_("This file was read already or is cancelled."))
    trail(version, version.state, State.CANCELLED)
    with files.working_on(version.pk) as is_mine:
        if is_mine:  # otherwise the worker holds it, and stops when it next looks
            end_cancelled(version)
    version.refresh_from_db()


def end_cancelled(version: Version) -> None:
    """Delete the files of a version that was cancelled; only for who holds it."""
    stopped = Version.objects.filter(pk=version.pk, is_cancelled=True).exclude(state=State.READY)
    if stopped.update(state=State.CANCELLED, finished_at=clock.now(), emptied_at=clock.now()):
        files.empty(version)


@transaction.atomic
def retry(version: Version, *, by: User | None) -> None:
    """Begin again with a version that could not be read."""
    demand_change(by, version.distribution)
    again = State.WAITING if version.source_url or version.source_path.exists() else None
    failed = Version.objects.filter(pk=version.pk, state=State.FAILED, emptied_at=None)
    if again is None or not failed.update(state=again, attempts=0, problem="", findings={}, finished_at=None):
        raise BadInput(_("There is nothing to try again; upload the file once more."))
    trail(version, State.FAILED, State.WAITING)
    version.refresh_from_db()


@transaction.atomic
def propose(version: Version, *, by: User | None) -> None:
    """Let a version become current with the next approval of its dataset."""
    demand_change(by, version.distribution)
    Distribution.objects.select_for_update().get(pk=version.distribution_id)
    version.refresh_from_db()
    _check_usable(version)
    if by is not None and version.distribution.dataset.workflow_in_progress:
        raise BadInput(_("The dataset is being approved. Propose this version when that has ended."))
    Version.objects.filter(distribution=version.distribution_id, is_proposed=True).update(is_proposed=False)
    version.is_proposed = not version.is_current
    version.save(update_fields=["is_proposed"])


@transaction.atomic
def make_current(version: Version, *, by: User | None) -> None:
    """Make pages and interfaces out of this version from now on; older ones may come back, too.

    Raises
    ------
    NotPermitted
        if the person may not publish.
    BadInput
        if the version is not ready or its files were deleted.
    """
    demand(by, "publish_dataset", version.distribution.dataset)
    Distribution.objects.select_for_update().get(pk=version.distribution_id)
    version.refresh_from_db()
    _check_usable(version)
    if version.is_current:
        return
    Version.objects.filter(distribution=version.distribution_id, is_current=True).update(is_current=False)
    version.is_current, version.was_current, version.is_proposed = True, True, False
    version.save(update_fields=["is_current", "was_current", "is_proposed"])
    _note_change(version)
    current.announce(version)
    rights.changed()


def _check_usable(version: Version) -> None:
    if version.state != State.READY:
        raise BadInput(_("This version is not ready."))
    if version.emptied_at is not None or not version.table_path.exists():
        raise BadInput(_("The files of this version were deleted."))


def _note_change(version: Version) -> None:
    """Write down when the data changed, how large they are and where they lie."""
    moment = clock.now()
    distribution = Distribution.objects.get(pk=version.distribution_id)
    distribution.byte_size, distribution.checksum = version.byte_size, version.sha256
    distribution.modified, distribution.issued = moment, distribution.issued or moment
    distribution.save(update_fields=["byte_size", "checksum", "modified", "issued"])
    changes: dict[str, object] = {"modified": moment, "changed_at": moment}
    if (extent := extent_of(distribution.dataset_id)) is not None:
        changes["extent"] = extent
    Dataset.objects.filter(pk=distribution.dataset_id).update(**changes)


def extent_of(dataset: int) -> object:
    """Return the box around the current tables of a dataset that have places, else None."""
    from django.contrib.gis.geos import Polygon  # noqa: PLC0415  # GEOS is loaded only where it is needed

    found = Version.objects.current().filter(distribution__dataset=dataset).values_list("findings", flat=True)
    boxes = [one["geometry"]["bbox"] for one in found if (one.get("geometry") or {}).get("bbox")]
    if not boxes:
        return None
    lows = [min(box[axis] for box in boxes) for axis in (0, 1)]
    highs = [max(box[axis] for box in boxes) for axis in (2, 3)]
    if lows[0] == highs[0] or lows[1] == highs[1]:  # a single point or a line has no area
        lows, highs = [low - 0.0005 for low in lows], [high + 0.0005 for high in highs]
    box = Polygon.from_bbox((*lows, *highs))
    box.srid = 4326
    return box


@transaction.atomic
def withdraw(dataset: Dataset, reason: str | Mapping[str, str], *, by: User | None) -> None:
    """Take a dataset off the portal; its address then says why, and its files stay.

    Raises
    ------
    BadInput
        if there is no reason.
    """
    demand(by, "withdraw_dataset", dataset)
    texts = {get_language() or "de": reason} if isinstance(reason, str) else dict(reason)
    texts = {code: text.strip() for code, text in texts.items() if text.strip()}
    if not texts:
        raise BadInput(_("Say why; the page of the dataset will show it."))
    stored = Dataset.objects.select_for_update().get(pk=dataset.pk)
    stored.withdrawn_at, stored.withdrawn_reason = stored.withdrawn_at or clock.now(), texts
    stored.save(update_fields=["withdrawn_at", "withdrawn_reason", "changed_at"])
    dataset.withdrawn_at, dataset.withdrawn_reason = stored.withdrawn_at, texts


@transaction.atomic
def restore(dataset: Dataset, *, by: User | None) -> None:
    """Bring a withdrawn dataset back as it was."""
    demand(by, "publish_dataset", dataset)
    stored = Dataset.objects.select_for_update().get(pk=dataset.pk)
    stored.withdrawn_at, stored.withdrawn_reason = None, {}
    stored.save(update_fields=["withdrawn_at", "withdrawn_reason", "changed_at"])
    dataset.withdrawn_at, dataset.withdrawn_reason = None, {}


@transaction.atomic
def publish(dataset: Dataset, *, by: User | None) -> None:
    """Make a dataset as it was last written public, with the versions that are proposed."""
    from stadtkern.catalogue.services import approval  # noqa: PLC0415  # approval makes versions current

    approval.publish(dataset, by=by)
