"""Sources, runs, and what became of each record."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Agent, Dataset
from stadtkern.governance.models import DataProfile
from stadtkern.harvest.messages import PROBLEMS, REFUSALS, said
from stadtkern.harvest.readers.base import Terms
from stadtkern.harvest.readers.registry import READERS

LATE = 3
"""A source counts as late after so many of its own pauses without a success."""


class HarvestSource(models.Model):
    """A catalogue of somebody else from which datasets are taken over."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(
        _("kind"), max_length=20, choices=[(code, kind.title) for code, kind in READERS.items()]
    )
    url = models.URLField(_("address"), max_length=2000)
    filter = models.CharField(
        _("only these"),
        max_length=500,
        blank=True,
        help_text=_(
            "A condition in the words of the catalogue: “fq” of CKAN, a CQL text of CSW, “$filter” of "
            "SensorThings, parameters of OGC API Records, a part of the file name. Empty: all."
        ),
    )
    every = models.DurationField(
        _("how often"), default=timedelta(days=1), validators=[MinValueValidator(timedelta(minutes=15))]
    )
    is_on = models.BooleanField(_("switched on"), default=True)
    publishes_directly = models.BooleanField(
        _("publish at once"),
        default=False,
        help_text=_("Otherwise each new dataset waits until somebody has approved it."),
    )
    profile = models.ForeignKey(
        DataProfile,
        on_delete=models.PROTECT,
        related_name="harvest_sources",
        verbose_name=_("data profile"),
        help_text=_("Why the town shows these data, and who answers for that."),
    )
    publisher = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        related_name="harvest_sources",
        verbose_name=_("publisher"),
        help_text=_("Named where a record says nothing of its publisher."),
    )
    language = models.CharField(
        _("language"),
        max_length=5,
        choices=settings.LANGUAGES,
        default="de",
        help_text=_("Of texts that do not say theirs."),
    )
    licence = models.CharField(
        _("licence"),
        max_length=300,
        blank=True,
        help_text=_("Where a record names none. Empty: that of the data profile."),
    )
    licences = models.JSONField(_("licences in other words"), default=dict, blank=True)
    """What words for licences mean that our own lists do not know."""
    guard_share = models.PositiveSmallIntegerField(
        _("deletion guard"),
        default=20,
        validators=[MaxValueValidator(100)],
        help_text=_("In percent: if more datasets than this would vanish in one run, none is removed."),
    )
    page_size = models.PositiveSmallIntegerField(
        _("records on a page"), default=100, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    most_records = models.PositiveIntegerField(
        _("most records"),
        default=100_000,
        validators=[MinValueValidator(1)],
        help_text=_("A catalogue that goes on beyond is stopped."),
    )
    is_wanted = models.BooleanField(default=False, editable=False)
    """Whether somebody wants a run now."""
    may_vanish = models.BooleanField(default=False, editable=False)
    """Whether the next run may remove more than the guard allows."""
    next_at = models.DateTimeField(_("next time"), null=True, blank=True, editable=False, db_index=True)
    last_success = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    problem = models.CharField(max_length=30, blank=True, editable=False)
    """One of `messages.PROBLEMS`."""
    problem_value = models.CharField(max_length=500, blank=True, editable=False)
    problem_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("source of datasets")
        verbose_name_plural = _("sources of datasets")

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> Terms:
        """How its records are to be understood."""
        return Terms(self.url, self.language, self.licences, self.page_size, self.filter)

    @property
    def said_problem(self) -> str:
        """What is wrong, in the language of the reader."""
        return said(PROBLEMS, self.problem, self.problem_value) if self.problem else ""

    def is_late(self, moment: datetime) -> bool:
        """Return whether it should have been harvested long ago."""
        since = self.last_success
        return self.is_on and since is not None and moment - since > LATE * self.every


class HarvestRunQuerySet(models.QuerySet["HarvestRun"]):
    """Selections of runs."""

    def open(self) -> Self:
        """Return those that are not over."""
        return self.filter(state__in=HarvestRun.OPEN)

    def free(self, moment: datetime) -> Self:
        """Return those at which nobody works, or whose worker is gone."""
        return self.open().filter(Q(held_until=None) | Q(held_until__lt=moment))


class HarvestRun(models.Model):
    """One harvest of a source. Where it stands is stored with each step; anybody can go on with it."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waits for its turn")
        READING = "reading", pgettext_lazy("harvest", "is being read")
        PAUSED = "paused", _("waits for the catalogue")
        ENDING = "ending", _("looks for what has vanished")
        DONE = "done", pgettext_lazy("harvest", "done")
        STOPPED = "stopped", _("stopped by the deletion guard")
        FAILED = "failed", pgettext_lazy("harvest", "failed")
        CANCELLED = "cancelled", pgettext_lazy("harvest", "cancelled")

    OPEN = ("waiting", "reading", "paused", "ending")

    source = models.ForeignKey(HarvestSource, on_delete=models.CASCADE, related_name="runs")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    position = models.JSONField(default=dict, blank=True)
    """Where the next page begins; meant for the reader."""
    pages = models.PositiveIntegerField(_("pages"), default=0)
    empty_pages = models.PositiveSmallIntegerField(default=0)
    """How many pages in a row were empty."""
    rows = models.PositiveIntegerField(default=0)
    """Records on the pages so far, repeated ones too."""
    total = models.PositiveIntegerField(_("announced"), null=True, blank=True)
    created = models.PositiveIntegerField(pgettext_lazy("datasets", "new"), default=0)
    changed = models.PositiveIntegerField(pgettext_lazy("datasets", "changed"), default=0)
    same = models.PositiveIntegerField(_("as they were"), default=0)
    refused = models.PositiveIntegerField(pgettext_lazy("datasets", "refused"), default=0)
    gone = models.PositiveIntegerField(pgettext_lazy("datasets", "vanished"), default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    """Failures in a row at this position."""
    may_vanish = models.BooleanField(default=False)
    is_guard_passed = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)
    holder = models.CharField(max_length=120, blank=True)
    """Who works at it; a step of somebody else is not stored."""
    held_until = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=30, blank=True)
    problem_value = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = HarvestRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("harvest")
        verbose_name_plural = _("harvests")
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(state__in=("waiting", "reading", "paused", "ending")),
                name="harvest_one_open_run",
            ),
        ]
        indexes = [
            models.Index(fields=["source", "-created_at"], name="harvest_run_newest"),
            models.Index(
                fields=["held_until"],
                condition=Q(state__in=("waiting", "reading", "paused", "ending")),
                name="harvest_run_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Whether it is not over."""
        return self.state in self.OPEN

    @property
    def said_problem(self) -> str:
        """What went wrong, in the language of the reader."""
        return said(PROBLEMS, self.problem, self.problem_value) if self.problem else ""


class HarvestPage(models.Model):
    """A page of a catalogue as it was last seen: whether it has changed, and which records stand on it."""

    source = models.ForeignKey(HarvestSource, on_delete=models.CASCADE, related_name="pages")
    key = models.CharField(max_length=64)
    """SHA-256 of its position."""
    url = models.CharField(max_length=2000, blank=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    """SHA-256 of the answer; empty while the page is being stored."""
    following = models.JSONField(null=True, blank=True)
    total = models.PositiveIntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    run = models.ForeignKey(HarvestRun, null=True, on_delete=models.SET_NULL, related_name="+")
    """The run that saw it last."""

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="harvest_page_once")]

    def __str__(self) -> str:
        return self.url


class HarvestRecord(models.Model):
    """A record of a source, and the dataset that was made of it."""

    class State(models.TextChoices):
        """What became of it."""

        CURRENT = "current", _("taken over")
        REFUSED = "refused", pgettext_lazy("dataset", "refused")
        GONE = "gone", pgettext_lazy("dataset", "vanished")

    source = models.ForeignKey(HarvestSource, on_delete=models.CASCADE, related_name="records")
    identifier = models.CharField(_("identifier"), max_length=500)
    title = models.CharField(_("title"), max_length=300, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State)
    refusal = models.CharField(max_length=30, blank=True)
    """One of `messages.REFUSALS`."""
    refusal_value = models.CharField(max_length=500, blank=True)
    findings = models.JSONField(default=list, blank=True)
    """Pairs of a code of `messages.FINDINGS` and what stood there."""
    fingerprint = models.CharField(max_length=64, blank=True)
    content = models.JSONField(default=dict, blank=True)
    """What the catalogue said last, in our terms (`found.Found`)."""
    dataset = models.OneToOneField(
        Dataset, null=True, blank=True, on_delete=models.SET_NULL, related_name="harvest_record"
    )
    page = models.ForeignKey(HarvestPage, null=True, on_delete=models.SET_NULL, related_name="records")
    seen_in = models.ForeignKey(HarvestRun, null=True, on_delete=models.SET_NULL, related_name="+")
    first_seen = models.DateTimeField(_("first seen"), default=now)
    last_seen = models.DateTimeField(_("last seen"), default=now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("record")
        verbose_name_plural = _("records")
        constraints = [
            models.UniqueConstraint(fields=["source", "identifier"], name="harvest_record_once"),
        ]
        indexes = [models.Index(fields=["source", "state"], name="harvest_record_state")]

    def __str__(self) -> str:
        return self.title or self.identifier

    @property
    def said_refusal(self) -> str:
        """Why it was refused, in the language of the reader."""
        return said(REFUSALS, self.refusal, self.refusal_value) if self.refusal else ""


class HarvestName(models.Model):
    """A name by which a record is known everywhere, so that two sources do not bring the same dataset."""

    record = models.ForeignKey(HarvestRecord, on_delete=models.CASCADE, related_name="names")
    name = models.CharField(max_length=500, db_index=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["record", "name"], name="harvest_name_once")]

    def __str__(self) -> str:
        return self.name


class HarvestResult(models.Model):
    """What a run did with a record. Records that were as before have none."""

    class Outcome(models.TextChoices):
        """What happened."""

        CREATED = "created", pgettext_lazy("dataset", "new")
        CHANGED = "changed", pgettext_lazy("dataset", "changed")
        REFUSED = "refused", pgettext_lazy("dataset", "refused")
        GONE = "gone", pgettext_lazy("dataset", "vanished")
        BACK = "back", pgettext_lazy("dataset", "back again")

    run = models.ForeignKey(HarvestRun, on_delete=models.CASCADE, related_name="results")
    record = models.ForeignKey(HarvestRecord, on_delete=models.CASCADE, related_name="results")
    outcome = models.CharField(_("result"), max_length=10, choices=Outcome)
    differences = models.JSONField(default=list, blank=True)
    """`{"field", "old", "new"}` for each value that differs."""

    class Meta:
        ordering = ["pk"]
        verbose_name = _("result")
        verbose_name_plural = _("results")
        constraints = [models.UniqueConstraint(fields=["run", "record"], name="harvest_result_once")]
        indexes = [models.Index(fields=["run", "outcome"], name="harvest_result_outcome")]

    def __str__(self) -> str:
        return f"{self.record}: {self.outcome}"
