"""Tables of the virtual datastreams."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.observations.fields import InstantField
from stadtkern.observations.models import Datastream

alias_validator = RegexValidator(
    r"\A[a-z][a-z0-9_]{0,29}\Z", _("Use small letters, digits and _, beginning with a letter.")
)


class DerivedStream(models.Model):
    """How the results of a datastream follow from those of others."""

    class Alignment(models.TextChoices):
        """How readings of several series find together."""

        SAME = "same", _("readings of the very same time")
        LAST = "last", _("each reading of the first series with the newest of the others")
        MEAN = "mean", _("means of equal spans of time")

    class Bucket(models.IntegerChoices):
        """Minutes of one mean."""

        QUARTER = 15, _("15 minutes")
        HOUR = 60, _("1 hour")
        DAY = 1440, _("1 day")

    datastream = models.OneToOneField(
        Datastream, on_delete=models.CASCADE, primary_key=True, related_name="derivation"
    )
    slug = models.SlugField(
        _("short name"), unique=True, max_length=80, help_text=_("Part of its key: guben-discharge")
    )
    kind = models.CharField(_("kind"), max_length=30, default="formula")
    formula = models.TextField(_("formula"), max_length=2000)
    alignment = models.CharField(
        _("which readings belong together"),
        max_length=10,
        choices=Alignment.choices,
        default=Alignment.SAME,
    )
    tolerance = models.DurationField(
        _("how old the newest of the others may be"),
        null=True,
        blank=True,
        help_text=_("Only for “newest of the others”. Without it: 1 hour."),
    )
    bucket = models.SmallIntegerField(
        _("length of a mean"), choices=Bucket.choices, default=Bucket.HOUR, help_text=_("Only for means.")
    )
    problem = models.CharField(max_length=500, blank=True)
    changed_at = InstantField()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("virtual series")
        verbose_name_plural = _("virtual series")

    def __str__(self) -> str:
        return self.slug


class DerivedInput(models.Model):
    """A series that a formula reads, under the name the formula gives it."""

    derived = models.ForeignKey(DerivedStream, on_delete=models.CASCADE, related_name="inputs")
    position = models.SmallIntegerField(default=0)
    alias = models.CharField(_("name in the formula"), max_length=30, validators=[alias_validator])
    datastream = models.ForeignKey(
        Datastream, on_delete=models.PROTECT, related_name="feeds", verbose_name=_("series")
    )
    seen_until = InstantField(null=True)
    """Up to where its readings have been noticed."""

    class Meta:
        ordering = ["derived_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["derived", "alias"], name="derived_input_alias"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} = {self.datastream}"


class LookupTable(models.Model):
    """A table of pairs that a formula looks up, for the time it is valid: a rating curve, a calibration."""

    class Between(models.TextChoices):
        """What holds between two rows."""

        LINEAR = "linear", _("a straight line")
        LOG = "log", _("a straight line on logarithmic paper (rating curves)")
        STEP = "step", _("the value of the row before")

    derived = models.ForeignKey(DerivedStream, on_delete=models.CASCADE, related_name="tables")
    name = models.CharField(_("name in the formula"), max_length=30, validators=[alias_validator])
    valid_from = InstantField(_("valid from"), null=True, blank=True)
    valid_to = InstantField(_("valid to"), null=True, blank=True)
    x_unit = models.CharField(_("unit of the left column (UCUM)"), max_length=50)
    y_unit = models.CharField(_("unit of the right column (UCUM)"), max_length=50)
    between = models.CharField(
        _("between two rows"), max_length=10, choices=Between.choices, default=Between.LINEAR
    )
    rows = models.JSONField(_("rows"), help_text=_("One pair on each line: 120; 4.5"))

    class Meta:
        ordering = ["derived_id", "name", "valid_from"]

    def __str__(self) -> str:
        return self.name


class DirtyRange(models.Model):
    """A span of a virtual series that is still to be computed (anew)."""

    derived = models.ForeignKey(DerivedStream, on_delete=models.CASCADE, related_name="dirty")
    first = InstantField()
    last = InstantField()
    done = InstantField(null=True)
    """Up to where it is computed."""

    class Meta:
        ordering = ["derived_id", "first"]

    def __str__(self) -> str:
        return f"{self.derived_id}: {self.first.isoformat()} to {self.last.isoformat()}"
