"""What the worker does with a file: fetch it, look at it, read it, compare it with the version before.

The state of a version is the queue. Who works on a version holds its lock, which ends with the process: a
version in the middle of a step whose lock is free was left by a worker that died, and is begun again. A file
that ends the worker again and again is given up.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F

from stadtkern.base import clock
from stadtkern.base.errors import BadInput, Unavailable
from stadtkern.base.http import Answer, Client, FetchError
from stadtkern.catalogue.models import Distribution, Pull, Version
from stadtkern.catalogue.services import columns, files
from stadtkern.catalogue.services.places import geocode
from stadtkern.catalogue.services.versions import State, end_cancelled, make_current
from stadtkern.tables import Cancelled, Hints, Ingested, Plan, Progress, Survey, Table, TableError
from stadtkern.tables import ingest as ingest_file
from stadtkern.tables import survey as survey_file
from stadtkern.web.town import current_town

MOST_ATTEMPTS = 3
FETCH_DEADLINE = timedelta(minutes=30)
PAUSE = timedelta(seconds=1)
"""Between two looks at whether the person has stopped the reading, and two notes of how far it is."""
SMALL = 32_000_000
"""Bytes up to which a file never waits for a larger one."""

logger = logging.getLogger(__name__)
Step = Callable[[Version], None]


def look_at_new() -> int:
    """Look at all files that wait for it; return how many."""
    return _work_off((State.WAITING, State.LOOKING), look)


def read_small() -> int:
    """Read what was confirmed and is small."""
    return _work_off((State.READING,), read, byte_size__lte=SMALL)


def read_large() -> int:
    """Read what was confirmed and takes a while."""
    return _work_off((State.READING,), read, byte_size__gt=SMALL)


def _work_off(states: tuple[str, ...], step: Step, **limits: int) -> int:
    keys = Version.objects.filter(state__in=states, **limits).order_by("pk").values_list("pk", flat=True)
    count = 0
    for key in list(keys):
        with files.working_on(key) as is_mine:
            if is_mine and (version := _begin(key, states)) is not None:
                step(version)
                count += 1
    return count


def _begin(key: int, states: tuple[str, ...]) -> Version | None:
    """Return the version if it still waits, and count the attempt."""
    waiting = Version.objects.filter(pk=key, state__in=states)
    if not waiting.update(attempts=F("attempts") + 1):
        return None
    version = Version.objects.select_related("distribution__dataset__profile").get(pk=key)
    if version.is_cancelled:
        end_cancelled(version)
        return None
    if version.attempts > MOST_ATTEMPTS:
        fail(
            version,
            TableError("worker_ended", "the worker ended while it read this file", times=MOST_ATTEMPTS),
        )
        return None
    return version


def look(version: Version) -> None:
    """Fetch the file if it lies elsewhere, find out what it is, and propose how to read it."""
    Version.objects.filter(pk=version.pk, state=State.WAITING).update(state=State.LOOKING)
    files.remove_unfinished(version)
    try:
        if version.source_url and not version.source_path.exists():
            download(version)
        found = survey_file(version.source_path, name=version.original_name, hints=hints(version))
    except Cancelled:
        end_cancelled(version)
    except (TableError, FetchError, BadInput, Unavailable, OSError) as error:
        fail(version, error)
    else:
        _ask(version, found)


def _ask(version: Version, found: Survey) -> None:
    """Put the plan to the editor, or read the file at once if nobody is to be asked."""
    plan, is_same = found.plan, False
    if (before := previous(version)) is not None:
        old = Plan.from_json(before.plan)
        plan = columns.carried_over(found.plan, old, proposed=before.findings.get("columns", {}))
        is_same = columns.is_same(plan, old)
    state = State.READING if version.is_automatic and is_same else State.ASKING
    seen_now = as_json(found) | {"hints": version.findings.get("hints", {})}
    seen = Version.objects.filter(pk=version.pk, state=State.LOOKING, is_cancelled=False)
    if not seen.update(state=state, plan=plan.to_json(), findings=seen_now, attempts=0, problem=""):
        end_cancelled(version)


def download(version: Version) -> None:
    """Fetch the file of a version."""
    with files.new_file() as path:
        with path.open("wb") as target:
            answer = asyncio.run(_get(version.source_url, target))
        staged = files.checked(path)
        if not staged.size:
            raise FetchError("the answer is empty")
        if "." not in version.original_name:
            version.original_name += columns.ending_of(answer.content_type)
        files.take(staged, version)
    version.byte_size, version.sha256 = staged.size, staged.sha256
    facts = {"byte_size": staged.size, "sha256": staged.sha256, "original_name": version.original_name}
    Version.objects.filter(pk=version.pk).update(**facts)


async def _get(url: str, target: IO[bytes]) -> Answer:
    async with Client(timeout=timedelta(seconds=60), deadline=FETCH_DEADLINE) as client:
        return await client.get(url, max_bytes=settings.UPLOAD_MOST_BYTES, into=target)


def read(version: Version) -> None:
    """Read the file by its plan; what comes out appears as a whole or not at all."""
    files.remove_unfinished(version)
    watch = Watch(version)
    try:
        plan = Plan.from_json(version.plan)
        result = ingest_file(
            version.source_path,
            plan,
            version.table_folder,
            progress=watch.note,
            is_cancelled=watch.is_cancelled,
            geocode=geocode,
        )
        difference = compare(version, plan)
    except Cancelled:
        end_cancelled(version)
    except (TableError, BadInput, OSError) as error:
        files.remove_unfinished(version)
        fail(version, error)
    else:
        finish(version, result, difference)


class Watch:
    """Notes how far a reading is, and asks whether it is still wanted; at most once a second."""

    def __init__(self, version: Version) -> None:
        self._row = Version.objects.filter(pk=version.pk)
        self._noted = self._asked = clock.now() - PAUSE
        self._is_cancelled = False

    def note(self, progress: Progress) -> None:
        """Write down how far the reading is."""
        if clock.now() - self._noted >= PAUSE:
            self._noted = clock.now()
            self._row.update(done_bytes=progress.done, rows=progress.rows, rejected_rows=progress.rejected)

    def is_cancelled(self) -> bool:
        """Return whether the person has stopped it, or the version is gone."""
        if not self._is_cancelled and clock.now() - self._asked >= PAUSE:
            self._asked = clock.now()
            found = self._row.values_list("is_cancelled", flat=True).first()
            self._is_cancelled = found is None or found
        return self._is_cancelled


def previous(version: Version) -> Version | None:
    """Return the version that this one follows: the current one, else the newest that is ready."""
    earlier = Version.objects.filter(
        distribution=version.distribution_id, state=State.READY, emptied_at=None
    ).exclude(pk=version.pk)
    return earlier.order_by("-is_current", "-number").first()


def compare(version: Version, plan: Plan) -> dict[str, Any]:
    """Return what changed against the version before; empty if there is none."""
    before = previous(version)
    if before is None or not before.table_path.exists():
        return {}
    found = Table(version.table_path).difference(Table(before.table_path), key=plan.key, sample=50)
    return {**plain(asdict(found)), "before": before.number}


@transaction.atomic
def finish(version: Version, result: Ingested, difference: dict[str, Any]) -> None:
    """Note that a version is ready, and propose it; one that came by schedule becomes current at once."""
    findings = {**version.findings, "assumed": [plain(asdict(one)) for one in result.problems]}
    findings["geometry"] = plain(asdict(result.geometry)) if result.geometry else None
    Distribution.objects.select_for_update().get(pk=version.distribution_id)
    waiting = Version.objects.filter(pk=version.pk, state=State.READING, is_cancelled=False)
    ready = waiting.update(
        state=State.READY,
        rows=result.rows,
        rejected_rows=result.rejected_rows,
        table_schema=plain(result.schema),
        difference=difference,
        findings=findings,
        done_bytes=version.byte_size,
        finished_at=clock.now(),
    )
    if not ready:
        end_cancelled(version)
        return
    version.refresh_from_db()
    if version.is_automatic and version.distribution.dataset.live and _is_approved(version):
        make_current(version, by=None)
    elif not version.distribution.dataset.workflow_in_progress:
        others = Version.objects.filter(distribution=version.distribution_id, is_proposed=True)
        others.update(is_proposed=False)
        Version.objects.filter(pk=version.pk).update(is_proposed=True)


def _is_approved(version: Version) -> bool:
    """Return whether somebody has agreed that what lies at this address becomes public by itself."""
    pulls = Pull.objects.filter(distribution=version.distribution_id, url=version.source_url)
    return pulls.filter(is_approved=True).exists()


def fail(version: Version, error: Exception) -> None:
    """Note why a file could not be read, for the person and for the log."""
    code = error.code if isinstance(error, TableError) else ""
    facts = plain(dict(error.facts)) if isinstance(error, TableError) else {}
    failure = {"code": code, "facts": facts, "text": str(error)[:1000]}
    known = {**version.findings, "failure": failure}
    going = Version.objects.filter(pk=version.pk).exclude(state__in=(State.READY, State.CANCELLED))
    going.update(state=State.FAILED, problem=str(error)[:2000], findings=known, finished_at=clock.now())
    logger.warning("version %s cannot be read: %s", version.pk, error)


def hints(version: Version) -> Hints:
    """Return what is known about a file: of the town, and from a person who has looked at it."""
    return Hints(
        **{"bbox": current_town().bbox, "zone": settings.TIME_ZONE, **version.findings.get("hints", {})}
    )


def as_json(found: Survey) -> dict[str, Any]:
    """Return what the page of the columns shows beside the plan."""
    whole = plain(asdict(found))
    return {
        "format": found.format,
        "row_estimate": found.row_estimate,
        "parts": whole["parts"],
        "raw": whole["raw"],
        "problems": whole["problems"],
        "columns": {
            one.plan.name: {"reason": plain(asdict(one.reason)), "examples": list(one.examples),
                            "nulls": one.nulls, "misfits": list(one.misfits), "kind": one.plan.kind}
            for one in found.columns
        },
    }  # fmt: skip


def plain(value: object) -> Any:  # noqa: ANN401  # JSON
    """Return a value as JSON can hold it; times in ISO 8601, anything strange as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # noqa: PLR0124
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return value.replace("\0", "") if isinstance(value, str) else value
    try:
        return DjangoJSONEncoder().default(value)
    except (TypeError, ValueError):
        return str(value)


def bring_in(  # noqa: PLR0913  # what `upload` takes, and the corrections of the plan
    distribution: Distribution,
    file: Any,  # noqa: ANN401  # as `upload`
    name: str,
    *,
    by: Any = None,  # noqa: ANN401  # as `upload`
    note: str = "",
    correct: Callable[[Plan], Plan] | None = None,
) -> Version:
    """Upload, confirm and read a file here and now, without a worker; for commands, the demo and tests.

    Raises
    ------
    BadInput
        if the file cannot be read.
    """
    from stadtkern.catalogue.services.versions import confirm, upload  # noqa: PLC0415

    version = upload(distribution, file, name, by=by, note=note)
    with files.working_on(version.pk):
        if (begun := _begin(version.pk, (State.WAITING,))) is not None:
            look(begun)
        version.refresh_from_db()
        if version.state == State.ASKING:
            plan = Plan.from_json(version.plan)
            confirm(version, correct(plan) if correct else plan, by=by)
            if (begun := _begin(version.pk, (State.READING,))) is not None:
                read(begun)
            version.refresh_from_db()
    if version.state != State.READY:
        raise BadInput(version.problem or f"{name} was not read")
    return version
