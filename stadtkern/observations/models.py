"""Sensor data in the terms of OGC SensorThings 1.1."""

from collections.abc import Callable
from typing import ClassVar, Self

from django.contrib.gis.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stadtkern.governance.models import DataProfile
from stadtkern.observations.fields import InstantField
from stadtkern.observations.quality import QualityFlag
from stadtkern.people.rules import Someone, is_back_office
from stadtkern.web.fields import TranslatedTextField, in_language


class Thing(models.Model):
    """What is observed or what observes: a gauge, a station, a car park; with its place."""

    source = models.CharField(_("source"), max_length=100)
    key = models.CharField(_("key"), max_length=200)
    name = models.CharField(_("name"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    location = models.PointField(_("location"), srid=4326, null=True, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        ordering = ["source", "key"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="thing_source_key")]

    def __str__(self) -> str:
        return self.name or self.key


class Sensor(models.Model):
    """An instrument or a procedure that yields results."""

    source = models.CharField(_("source"), max_length=100)
    name = models.CharField(_("name"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    encoding_type = models.CharField(_("encoding of the metadata"), max_length=100, default="text/html")
    metadata = models.TextField(_("metadata"), blank=True)

    class Meta:
        ordering = ["source", "name"]
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="sensor_source_name")]

    def __str__(self) -> str:
        return self.name


class ObservedProperty(models.Model):
    """What is measured: unit to store and show, limits of what is plausible and of what is possible."""

    get_name: Callable[[], str]

    slug = models.CharField(max_length=100, unique=True)
    name = TranslatedTextField(_("name"), blank=True)
    unit = models.CharField(_("unit (UCUM)"), max_length=50)
    decimals = models.SmallIntegerField(_("decimal places"), default=1)
    definition = models.CharField(_("definition"), max_length=300, blank=True)
    minimum = models.FloatField(_("lowest plausible value"), null=True, blank=True)
    maximum = models.FloatField(_("highest plausible value"), null=True, blank=True)
    physical_minimum = models.FloatField(_("lowest possible value"), null=True, blank=True)
    physical_maximum = models.FloatField(_("highest possible value"), null=True, blank=True)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("observed property")
        verbose_name_plural = _("observed properties")

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name in the active language: as an editor wrote it, else as translated with the program."""
        text, language = in_language(self.name)
        return gettext(text) if text and language == "en" else text or self.slug.replace("_", " ")


class FeatureOfInterest(models.Model):
    """The piece of the world that results tell about, where it is not the place of the thing."""

    name = models.CharField(_("name"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    feature = models.GeometryField(_("geometry"), srid=4326, null=True, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("feature of interest")
        verbose_name_plural = _("features of interest")

    def __str__(self) -> str:
        return self.name


class DatastreamQuerySet(models.QuerySet["Datastream"]):
    """Choices among datastreams."""

    def public(self) -> Self:
        """Return those that anybody may see: the ones with a published data profile."""
        return self.filter(profile__is_published=True)

    def visible_to(self, user: Someone) -> Self:
        """Return those that `user` may see: staff of the town see what is not public yet."""
        return self.all() if is_back_office(user) else self.public()

    def matching(self, text: str, property_slug: str) -> Self:
        """Return those that `text` is found in, of one property; empty: all."""
        found = self.filter(observed_property__slug=property_slug) if property_slug else self
        if not text:
            return found
        return found.filter(
            models.Q(key__icontains=text)
            | models.Q(name__icontains=text)
            | models.Q(thing__name__icontains=text)
        )

    def for_list(self) -> Self:
        """Return them with all that a list shows."""
        related = ("thing", "observed_property", "latest", "profile")
        return self.select_related(*related).order_by("thing__name", "key")


class Datastream(models.Model):
    """The observations of one property of one thing by one sensor."""

    class Duplicates(models.TextChoices):
        """What happens to a second result for the same time."""

        IGNORE = "ignore", _("keep the first")
        REPLACE = "replace", _("take the newer")
        REJECT = "reject", _("put it into quarantine")

    key = models.CharField(_("key"), max_length=420, unique=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="datastreams")
    observed_property = models.ForeignKey(
        ObservedProperty, on_delete=models.PROTECT, related_name="datastreams"
    )
    sensor = models.ForeignKey(
        Sensor, on_delete=models.PROTECT, null=True, blank=True, related_name="datastreams"
    )
    feature_of_interest = models.ForeignKey(
        FeatureOfInterest, on_delete=models.PROTECT, null=True, blank=True, related_name="datastreams"
    )
    unit = models.CharField(_("unit (UCUM)"), max_length=50)
    is_forecast = models.BooleanField(_("forecast"), default=False)
    profile = models.ForeignKey(
        DataProfile, on_delete=models.PROTECT, null=True, blank=True, related_name="datastreams"
    )
    duplicates = models.CharField(
        _("repeated time"), max_length=10, choices=Duplicates.choices, default=Duplicates.IGNORE
    )
    properties = models.JSONField(_("properties"), default=dict, blank=True)
    checked_until = InstantField(_("quality checked until"), null=True, blank=True)

    objects: ClassVar[models.Manager["Datastream"]] = DatastreamQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name or self.key

    @property
    def label(self) -> str:
        """Name for people: what is observed and where."""
        return self.name or f"{self.observed_property.label}, {self.thing}"


class Observation(models.Model):
    """One result at one time. The table is narrow and clustered by its key; see migration 0002."""

    pk = models.CompositePrimaryKey("datastream_id", "phenomenon_time")
    datastream = models.ForeignKey(
        Datastream, on_delete=models.CASCADE, related_name="observations", db_index=False, db_constraint=False
    )
    phenomenon_time = InstantField(_("time"))
    result = models.FloatField(_("result"))
    quality = models.SmallIntegerField(_("quality"), choices=QualityFlag.choices)
    checks = models.SmallIntegerField(_("failed tests"), default=0)
    result_time = InstantField(_("known since"), null=True)

    class Meta:
        ordering = ["datastream_id", "phenomenon_time"]

    def __str__(self) -> str:
        return f"{self.phenomenon_time.isoformat()} {self.result}"


class LatestObservation(models.Model):
    """The newest observation of a datastream and the one before it."""

    datastream = models.OneToOneField(
        Datastream, on_delete=models.CASCADE, primary_key=True, related_name="latest"
    )
    phenomenon_time = InstantField(_("time"))
    result = models.FloatField(_("result"))
    quality = models.SmallIntegerField(_("quality"), choices=QualityFlag.choices)
    checks = models.SmallIntegerField(_("failed tests"), default=0)
    previous_time = InstantField(_("time before"), null=True)
    previous_result = models.FloatField(_("result before"), null=True)
    received = InstantField(_("received"))
    version = models.BigIntegerField(db_index=True)

    class Meta:
        ordering = ["datastream_id"]

    def __str__(self) -> str:
        return f"{self.phenomenon_time.isoformat()} {self.result}"


class Rollup(models.Model):
    """Count, sum and extremes of one datastream over a quarter of an hour, an hour or a local day."""

    class Width(models.IntegerChoices):
        """Nominal length in minutes; a local day may have 23 or 25 hours."""

        QUARTER = 15
        HOUR = 60
        DAY = 1440

    pk = models.CompositePrimaryKey("datastream_id", "width", "start")
    datastream = models.ForeignKey(
        Datastream, on_delete=models.CASCADE, related_name="rollups", db_index=False, db_constraint=False
    )
    width = models.SmallIntegerField(choices=Width.choices)
    start = InstantField()
    count = models.IntegerField()
    total = models.FloatField()
    squares = models.FloatField()
    minimum = models.FloatField()
    maximum = models.FloatField()

    class Meta:
        ordering = ["datastream_id", "width", "start"]

    def __str__(self) -> str:
        return f"{self.start.isoformat()} {self.count}"


class Threshold(models.Model):
    """A named level of a datastream, such as an alarm level, for the time it is valid."""

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="thresholds")
    name = models.CharField(_("name"), max_length=200)
    value = models.FloatField(_("value"))
    severity = models.SmallIntegerField(_("severity"), default=0)
    valid_from = InstantField(_("valid from"), null=True, blank=True)
    valid_to = InstantField(_("valid to"), null=True, blank=True)

    class Meta:
        ordering = ["datastream_id", "value", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["datastream", "name"],
                condition=models.Q(valid_to__isnull=True),
                name="threshold_one_open_period",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value:g}"


class QuarantinedReading(models.Model):
    """Something a source sent that could not be stored, and why."""

    class Reason(models.TextChoices):
        """Kinds of trouble."""

        UNREADABLE = "unreadable", _("cannot be read")
        TIME = "time", _("time missing or without zone")
        FUTURE = "future", _("time lies in the future")
        OLD = "old", _("older than the data may be kept")
        VALUE = "value", _("not a number")
        UNIT = "unit", _("unit unknown or not convertible")
        IMPOSSIBLE = "impossible", _("physically impossible")
        DUPLICATE = "duplicate", _("time already has a result")
        THING = "thing", _("thing or property without a usable name")

    source = models.CharField(_("source"), max_length=100)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    where = models.CharField(_("where"), max_length=500, blank=True)
    raw = models.TextField(_("as received"), blank=True)
    fingerprint = models.CharField(max_length=32)
    times = models.IntegerField(_("how often"), default=1)
    first_seen = InstantField(_("first seen"))
    last_seen = InstantField(_("last seen"))

    class Meta:
        ordering = ["-last_seen", "-pk"]
        verbose_name = _("quarantined reading")
        verbose_name_plural = _("quarantined readings")
        constraints = [
            models.UniqueConstraint(fields=["source", "fingerprint"], name="quarantine_source_fingerprint")
        ]
        indexes = [
            models.Index(fields=["-last_seen", "-id"], name="quarantine_newest"),
            models.Index(fields=["source", "-last_seen"], name="quarantine_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.detail}"


class Change(models.Model):
    """The one row that counts batches written, so that readers can ask what is new since a number."""

    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.version)


class LateChange(models.Model):
    """Something written, changed or deleted at a time that a datastream had already passed."""

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="+")
    first = InstantField()
    last = InstantField()
    version = models.BigIntegerField(db_index=True)

    class Meta:
        ordering = ["version", "pk"]

    def __str__(self) -> str:
        return f"{self.datastream_id} from {self.first.isoformat()}"


class Follower(models.Model):
    """Somebody who works through all changes in order, and up to which one that is done."""

    name = models.CharField(max_length=40, primary_key=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.version}"
