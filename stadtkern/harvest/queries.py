"""What the pages of the back office show."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from stadtkern.base.clock import now
from stadtkern.contracts.option import Label
from stadtkern.harvest.messages import FINDINGS, said
from stadtkern.harvest.models import HarvestRecord, HarvestResult, HarvestRun, HarvestSource
from stadtkern.people.models import User

LONGEST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is doing: an icon, a word, a sentence, since when."""

    icon: str
    word: Label
    detail: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as a line of the list."""

    source: HarvestSource
    health: Health
    run: HarvestRun | None
    """The newest one."""
    current: int
    refused: int
    waiting: int
    """Datasets that wait for approval."""


def sources() -> QuerySet[HarvestSource]:
    """Return all sources with the number of the newest run."""
    newest = HarvestRun.objects.filter(source=OuterRef("pk")).order_by("-created_at", "-pk").values("pk")[:1]
    return HarvestSource.objects.annotate(newest_run=Subquery(newest)).order_by("name")


def source_lines(found: Iterable[HarvestSource]) -> Sequence[SourceLine]:
    """Return sources as lines; the number of queries does not depend on how many there are."""
    listed = list(found)
    keys = [source.pk for source in listed]
    newest = [getattr(source, "newest_run", None) for source in listed]
    runs = {run.source_id: run for run in HarvestRun.objects.filter(pk__in=[pk for pk in newest if pk])}
    refused = Q(state=HarvestRecord.State.REFUSED)
    current = Q(state=HarvestRecord.State.CURRENT)
    waiting = current & Q(dataset__live=False, dataset__withdrawn_at=None)
    counts: dict[int, dict[str, int]] = {
        row["source"]: {name: row[name] for name in ("current", "refused", "waiting")}
        for row in HarvestRecord.objects.filter(source__in=keys)
        .order_by()
        .values("source")
        .annotate(
            current=Count("pk", filter=current),
            refused=Count("pk", filter=refused),
            waiting=Count("pk", filter=waiting),
        )
    }
    return [_line(source, runs.get(source.pk), counts.get(source.pk, {})) for source in listed]


def _line(source: HarvestSource, run: HarvestRun | None, counts: dict[str, int]) -> SourceLine:
    return SourceLine(
        source,
        health_of(source, run),
        run,
        counts.get("current", 0),
        counts.get("refused", 0),
        counts.get("waiting", 0),
    )


def source_line(source: HarvestSource) -> SourceLine:
    """Return one source as a line."""
    return source_lines(sources().filter(pk=source.pk))[0]


def health_of(source: HarvestSource, run: HarvestRun | None) -> Health:
    """Return how a source is doing."""
    if source.problem:
        return Health("warning", _("Problem"), source.said_problem, source.problem_since)
    if run is not None and run.is_open:
        icon = "warning" if run.state == HarvestRun.State.PAUSED else "rotate"
        return Health(icon, run.get_state_display(), run.said_problem, run.started_at)
    return _resting(source)


def _resting(source: HarvestSource) -> Health:
    """Return how a source is doing that has no problem and no run."""
    if source.is_wanted:
        return Health("rotate", HarvestRun.State.WAITING.label)
    if not source.is_on:
        return Health("minus", _("switched off"))
    if source.is_late(now()):
        return Health("warning", _("late"), since=source.last_success)
    if source.last_success is None:
        return Health("time", _("not harvested yet"))
    return Health("check", _("in order"))


def records(source: HarvestSource, *, state: str = "", words: str = "") -> QuerySet[HarvestRecord]:
    """Return the records of a source, those of a state (`findings`: with something to say) or with words."""
    found = source.records.select_related("dataset").defer("content")
    if state == "findings":
        found = found.exclude(findings=[])
    elif state == "waiting":
        found = found.filter(
            state=HarvestRecord.State.CURRENT, dataset__live=False, dataset__withdrawn_at=None
        )
    elif state in HarvestRecord.State.values:
        found = found.filter(state=state)
    if words:
        found = found.filter(Q(title__icontains=words) | Q(identifier__icontains=words))
    return found.order_by("title", "pk")


def results(run: HarvestRun, *, outcome: str = "") -> QuerySet[HarvestResult]:
    """Return what a run did with records."""
    found = run.results.select_related("record__dataset").defer("record__content")
    return found.filter(outcome=outcome) if outcome in HarvestResult.Outcome.values else found


def said_findings(record: HarvestRecord) -> list[str]:
    """Return the findings about a record in the language of the reader."""
    return [said(FINDINGS, str(code), str(value)) for code, value in record.findings]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value before and after, short enough for a table."""

    field: str
    old: str
    new: str


def shown_differences(result: HarvestResult) -> list[Difference]:
    """Return the differences of a result."""
    return [
        Difference(str(one.get("field", "")), _shown(one.get("old")), _shown(one.get("new")))
        for one in result.differences
    ]


def _shown(value: object) -> str:
    if value in (None, "", [], {}):
        return "–"
    text = ", ".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _plain(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return "; ".join(
            f"{name}: {_plain(one)}" for name, one in value.items() if one not in ("", None, [], {})
        )
    return str(value)


def may_change(user: User, source: HarvestSource) -> bool:
    """Return whether a person may do more than look."""
    return user.has_perm("harvest.change_harvestsource", source)
