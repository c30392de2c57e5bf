"""Editions of a table: each upload keeps its file, its checksum, its schema and what is new in it."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models.distributions import Distribution
from stadtkern.people.models import User

LONGEST_ENDING = 10
OF_VERSION = 3
"""Position of the file name below folder, distribution and number."""
FOLDER = "datasets"
"""In the data directory: `<distribution>/<number>/` with `source.*` and the folder `table`."""


def is_of_version(path: str) -> bool:
    """Return whether a path in the data directory is a finished file of a version."""
    parts = path.split("/")
    return len(parts) > OF_VERSION and (
        parts[OF_VERSION] == "table" or parts[OF_VERSION].startswith("source")
    )


class VersionQuerySet(models.QuerySet["Version"]):
    """Selections of editions."""

    def current(self) -> Self:
        """Return those that pages and interfaces are made from."""
        return self.filter(is_current=True)

    def at_work(self) -> Self:
        """Return those that wait for the worker or are with it."""
        return self.filter(state__in=(Version.State.WAITING, Version.State.LOOKING, Version.State.READING))

    def open_tasks(self) -> Self:
        """Return those that need a person: columns to confirm, a file that could not be read."""
        return self.filter(state__in=(Version.State.ASKING, Version.State.FAILED))


class Version(models.Model):
    """One edition of a distribution: a file that was uploaded or fetched, and the table made of it."""

    class State(models.TextChoices):
        """How far the work on it is."""

        WAITING = "waiting", _("waits for its turn")
        LOOKING = "looking", _("is being looked at")
        ASKING = "asking", _("waits for the columns to be confirmed")
        READING = "reading", _("is being read")
        READY = "ready", _("ready")
        FAILED = "failed", _("could not be read")
        CANCELLED = "cancelled", _("cancelled")

    distribution = models.ForeignKey(
        Distribution, on_delete=models.CASCADE, related_name="versions", verbose_name=_("distribution")
    )
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    is_current = models.BooleanField(_("current"), default=False)
    """Whether pages and interfaces are made from it; at most one of a distribution, and that is ready."""
    was_current = models.BooleanField(default=False, editable=False)
    """Whether the public ever saw it: then its address stays."""
    is_proposed = models.BooleanField(_("to become current"), default=False, editable=False)
    """Whether it becomes current with the next approval of its dataset; at most one of a distribution."""
    is_automatic = models.BooleanField(default=False, editable=False)
    """Whether it came by schedule: then it becomes current by itself if its columns are as before."""
    note = models.CharField(_("what is new"), max_length=500, blank=True)
    source_url = models.URLField(_("fetched from"), max_length=2000, blank=True)
    original_name = models.CharField(_("name of the file"), max_length=255)
    byte_size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    """How the file is read: as the survey proposed and the editor corrected (`stadtkern.tables.Plan`)."""
    findings = models.JSONField(default=dict, blank=True, editable=False)
    """What the survey found out about the file; shown beside the plan."""
    table_schema = models.JSONField(default=dict, blank=True)
    """The schema of the table (Frictionless Table Schema)."""
    difference = models.JSONField(default=dict, blank=True)
    """What changed against the edition before."""
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    rejected_rows = models.PositiveBigIntegerField(_("rows left out"), default=0)
    done_bytes = models.PositiveBigIntegerField(default=0)
    is_cancelled = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    """How often the worker began with the present step; it gives up a file that killed it again and again."""
    problem = models.TextField(_("problem"), blank=True)
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    emptied_at = models.DateTimeField(_("files deleted"), null=True, blank=True, editable=False)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["distribution", "-number"]
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [
            models.UniqueConstraint(fields=["distribution", "number"], name="catalogue_version_number"),
            models.UniqueConstraint(
                fields=["distribution"], condition=Q(is_current=True), name="catalogue_one_current_version"
            ),
            models.UniqueConstraint(
                fields=["distribution"], condition=Q(is_proposed=True), name="catalogue_one_proposed_version"
            ),
            models.CheckConstraint(
                condition=Q(is_proposed=False) | Q(state="ready"), name="catalogue_proposed_version_is_ready"
            ),
            models.CheckConstraint(
                condition=Q(is_current=False) | Q(state="ready"), name="catalogue_current_version_is_ready"
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="catalogue_version_state")]

    def __str__(self) -> str:
        return f"{self.distribution} {self.number}"

    @property
    def folder(self) -> Path:
        """Where its files lie."""
        return Path(settings.DATA_DIR, FOLDER, str(self.distribution_id), str(self.number))

    @property
    def source_path(self) -> Path:
        """The file as it came; its ending is that of its name."""
        suffix = Path(self.original_name).suffix.lower()
        return (
            self.folder / f"source{suffix if suffix[1:].isalnum() and len(suffix) <= LONGEST_ENDING else ''}"
        )

    @property
    def table_folder(self) -> Path:
        """What the reading left; it appears when all of it is done."""
        return self.folder / "table"

    @property
    def table_path(self) -> Path:
        """The table as Parquet (GeoParquet if it has places)."""
        return self.table_folder / "table.parquet"

    @property
    def rejected_path(self) -> Path:
        """The rows left out: row, column, value and code of the reason; not there if there are none."""
        return self.table_folder / "rejected.csv"


class Pull(models.Model):
    """A table that is fetched from an address again and again."""

    distribution = models.OneToOneField(Distribution, on_delete=models.CASCADE, related_name="pull")
    url = models.URLField(_("address"), max_length=2000)
    every = models.DurationField(
        _("how often"), default=timedelta(days=1), validators=[MinValueValidator(timedelta(minutes=15))]
    )
    is_on = models.BooleanField(_("switched on"), default=True)
    is_approved = models.BooleanField(default=False, editable=False)
    """Whether somebody who may publish has agreed: only then fetched files become current by themselves."""
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)
    next_at = models.DateTimeField(_("next time"), null=True, blank=True, editable=False, db_index=True)
    last_at = models.DateTimeField(_("last time"), null=True, blank=True, editable=False)
    problem = models.CharField(_("problem"), max_length=500, blank=True, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("scheduled fetch")
        verbose_name_plural = _("scheduled fetches")

    def __str__(self) -> str:
        return self.url


class FollowUp(models.Model):
    """Something to be done because a version became current: an index to fill, people to tell."""

    distribution = models.ForeignKey(Distribution, on_delete=models.CASCADE, related_name="follow_ups")
    name = models.CharField(max_length=100)
    """As registered in `catalogue.current`."""
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    is_done = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["next_at", "pk"]
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.UniqueConstraint(fields=["distribution", "name"], name="catalogue_follow_up_once"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_done=False), name="catalogue_follow_up_due"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.version_id}"
