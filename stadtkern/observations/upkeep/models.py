"""Tables of quality marks and of the log of calibration and maintenance."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stadtkern.observations.fields import InstantField
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.quality import QualityFlag


class QualityMark(models.Model):
    """What an editor says about all observations of a datastream with start <= time < end.

    The newest mark that is not undone holds. Marks are never deleted before their datastream: who said what
    stays visible.
    """

    FLAGS = (
        (QualityFlag.GOOD, QualityFlag.GOOD.label),
        (QualityFlag.QUESTIONABLE, QualityFlag.QUESTIONABLE.label),
        (QualityFlag.BAD, QualityFlag.BAD.label),
    )

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="quality_marks")
    start = InstantField(_("from"))
    end = InstantField(_("until"))
    flag = models.SmallIntegerField(_("these values are"), choices=FLAGS)
    comment = models.CharField(
        _("reason"), max_length=500, help_text=_("What happened. It is kept with your name and the date.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = InstantField(_("said at"))
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_at = InstantField(_("undone at"), null=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="quality_mark_has_length")
        ]
        indexes = [models.Index(fields=["datastream", "start"], name="quality_mark_of_stream")]

    def __str__(self) -> str:
        return f"{self.datastream}: {self.get_flag_display()}, {self.comment}"


class LogEntry(models.Model):
    """Something done to a thing: installed, calibrated, cleaned, repaired, replaced, taken away."""

    class Kind(models.TextChoices):
        """What was done."""

        INSTALLATION = "installation", _("installation")
        CALIBRATION = "calibration", _("calibration")
        INSPECTION = "inspection", _("inspection")
        CLEANING = "cleaning", _("cleaning")
        BATTERY = "battery", _("change of battery")
        REPAIR = "repair", _("repair")
        REPLACEMENT = "replacement", _("replacement of an instrument")
        REMOVAL = "removal", _("removal")

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="log", verbose_name=_("thing"))
    kind = models.CharField(_("what was done"), max_length=20, choices=Kind.choices)
    date = models.DateField(_("date"))
    done_by = models.CharField(
        _("done by"),
        max_length=200,
        blank=True,
        help_text=_("Department or company; no name of a person is needed."),
    )
    note = models.TextField(
        _("note"),
        max_length=5000,
        blank=True,
        help_text=_("What was found and changed; for a calibration the reference and the deviation."),
    )
    next_due = models.DateField(
        _("to be done again by"), null=True, blank=True, help_text=_("Empty: it is not repeated.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    made_at = InstantField(_("written down at"), editable=False)

    class Meta:
        ordering = ["-date", "-pk"]
        verbose_name = _("entry of the maintenance log")
        verbose_name_plural = _("maintenance log")
        constraints = [
            models.CheckConstraint(
                condition=Q(next_due__isnull=True) | Q(next_due__gt=F("date")),
                name="log_entry_due_after_date",
                violation_error_message=_("The next date must come after the date of the work."),
            )
        ]
        indexes = [
            models.Index(fields=["thing", "-date"], name="log_entry_of_thing"),
            models.Index(fields=["next_due"], name="log_entry_due"),
        ]

    def __str__(self) -> str:
        return f"{self.thing}, {self.get_kind_display()}, {self.date}"
