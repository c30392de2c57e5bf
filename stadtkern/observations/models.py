"""Sensor data in the terms of OGC SensorThings 1.1 (OGC 18-088)."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

from django.contrib.gis.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string

from stadtkern.governance.models import DataProfile
from stadtkern.observations.fields import InstantField
from stadtkern.observations.quality import QualityFlag
from stadtkern.people import rights
from stadtkern.web.fields import TranslatedTextField, in_language

OM_MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
GEOJSON = "application/geo+json"


class Location(models.Model):
    """Where a thing is or was; `document` is the place as it was sent where `geometry` does not say it all."""

    name = models.CharField(_("name"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    encoding_type = models.CharField(_("encoding"), max_length=100, default=GEOJSON)
    geometry = models.GeometryField(_("geometry"), srid=4326, null=True, blank=True)
    document = models.JSONField(_("place as sent"), null=True, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("place of a thing")
        verbose_name_plural = _("places of things")

    def __str__(self) -> str:
        return self.name


class Thing(models.Model):
    """What is observed or what observes: a gauge, a station, a car park; with its place."""

    source = models.CharField(_("source"), max_length=100)
    key = models.CharField(_("key"), max_length=200)
    name = models.CharField(_("name"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    location = models.PointField(_("location"), srid=4326, null=True, blank=True)
    """One point for maps, kept equal to `locations` by the services."""
    locations = models.ManyToManyField(Location, related_name="things", blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        ordering = ["source", "key"]
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="thing_source_key")]

    def __str__(self) -> str:
        return self.name or self.key


class ThingPhoto(models.Model):
    """A picture of a thing, as its page shows it."""

    get_alt: Callable[[], str]

    thing = models.OneToOneField(Thing, on_delete=models.CASCADE, primary_key=True, related_name="photo")
    image = models.ForeignKey(
        get_image_model_string(), on_delete=models.CASCADE, related_name="+", verbose_name=_("picture")
    )
    alt = TranslatedTextField(
        _("description for people who cannot see it"),
        help_text=_("What the picture shows, in one sentence: a grey box on a lamp post, two metres high."),
    )
    credit = models.CharField(_("taken by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("picture of a thing")
        verbose_name_plural = _("pictures of things")

    def __str__(self) -> str:
        return str(self.thing)


class HistoricalLocation(models.Model):
    """Since when a thing was where."""

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="historical_locations")
    time = InstantField(_("since"))
    locations = models.ManyToManyField(Location, related_name="historical_locations")

    class Meta:
        ordering = ["thing", "time", "pk"]
        indexes = [models.Index(fields=["thing", "time"], name="historical_location_time")]

    def __str__(self) -> str:
        return f"{self.thing} {self.time.isoformat()}"


class Sensor(models.Model):
    """An instrument or a procedure that yields results.

    `source` is empty where clients or people made it; their names need not differ.
    """

    source = models.CharField(_("source"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=300)
    description = models.TextField(_("description"), blank=True)
    encoding_type = models.CharField(_("encoding of the metadata"), max_length=100, default="text/html")
    metadata = models.TextField(_("metadata"), blank=True)
    metadata_document = models.JSONField(_("metadata as sent, where they are no text"), null=True, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        ordering = ["source", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "name"], condition=~models.Q(source=""), name="sensor_source_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ObservedProperty(models.Model):
    """What is measured: unit to store and show, limits of what is plausible and of what is possible."""

    get_name: Callable[[], str]

    slug = models.CharField(max_length=100, unique=True)
    name = TranslatedTextField(_("name"), blank=True)
    unit = models.CharField(_("unit (UCUM)"), max_length=50)
    decimals = models.SmallIntegerField(_("decimal places"), default=1)
    definition = models.CharField(_("definition"), max_length=2000, blank=True)
    description = models.TextField(_("description"), blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)
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
    encoding_type = models.CharField(_("encoding"), max_length=100, default=GEOJSON)
    feature = models.GeometryField(_("geometry"), srid=4326, null=True, blank=True)
    document = models.JSONField(_("geometry as sent"), null=True, blank=True)
    properties = models.JSONField(_("properties"), default=dict, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("feature of interest")
        verbose_name_plural = _("features of interest")

    def __str__(self) -> str:
        return self.name


class DatastreamQuerySet(models.QuerySet["Datastream"]):
    """Choices among datastreams."""

    def update(self, **values: Any) -> int:  # noqa: ANN401  # as Django's
        """Change all of them; another profile changes who may read them."""
        count = super().update(**values)
        if count and {"profile", "profile_id"} & values.keys():
            rights.changed()
        return count

    def bulk_create(self, objs: Iterable["Datastream"], *args: Any, **options: Any) -> list["Datastream"]:  # noqa: ANN401
        """Make many; who may read them has to be found out anew."""
        made = super().bulk_create(objs, *args, **options)
        rights.changed()
        return made

    def public(self) -> Self:
        """Return those whose values anybody may read; who else may read them says `access`."""
        return self.filter(profile__in=DataProfile.objects.open())

    def single(self) -> Self:
        """Return those with one number or text at a time: no MultiDatastreams."""
        return self.filter(is_multi=False)

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
    """The observations of one property of one thing by one sensor.

    A MultiDatastream (OGC 18-088 section 9) is one with `is_multi`: its results are arrays, its `components`
    say of what, and its `observed_property` is that of the first.
    """

    class Duplicates(models.TextChoices):
        """What happens to a second result for the same time."""

        IGNORE = "ignore", _("keep the first")
        REPLACE = "replace", _("take the newer")
        REJECT = "reject", _("put it into quarantine")
        KEEP = "keep", _("keep both")

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
    observation_type = models.CharField(_("kind of result"), max_length=200, default=OM_MEASUREMENT)
    unit = models.CharField(_("unit (UCUM)"), max_length=50)
    unit_of_measurement = models.JSONField(_("unit as sent"), null=True, blank=True)
    observed_area = models.GeometryField(_("observed area"), srid=4326, null=True, blank=True)
    is_multi = models.BooleanField(_("several properties at once"), default=False)
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


class MultiComponent(models.Model):
    """One of the properties that a MultiDatastream observes at once."""

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="components")
    position = models.SmallIntegerField(_("position"))
    observed_property = models.ForeignKey(
        ObservedProperty, on_delete=models.PROTECT, related_name="multi_components"
    )
    observation_type = models.CharField(_("kind of result"), max_length=200, default=OM_MEASUREMENT)
    unit = models.CharField(_("unit (UCUM)"), max_length=50)
    unit_of_measurement = models.JSONField(_("unit as sent"), null=True, blank=True)

    class Meta:
        ordering = ["datastream", "position"]
        constraints = [
            models.UniqueConstraint(fields=["datastream", "position"], name="multi_component_position")
        ]

    def __str__(self) -> str:
        return f"{self.datastream} {self.position}"


class Observation(models.Model):
    """One result at one time. The table is narrow and clustered by its key; see migration 0004.

    `copy` counts the results of one time up from 0 where a datastream keeps all of them. `number` is the
    identifier in SensorThings; it stays when a result is replaced. A result that is no number stands in
    `value` and leaves `result` empty. No `feature`: that of the datastream.
    """

    pk = models.CompositePrimaryKey("datastream_id", "phenomenon_time", "copy")
    datastream = models.ForeignKey(
        Datastream, on_delete=models.CASCADE, related_name="observations", db_index=False, db_constraint=False
    )
    phenomenon_time = InstantField(_("time"))
    copy = models.SmallIntegerField(default=0)
    number = models.BigIntegerField(db_column="id")
    result = models.FloatField(_("result"), null=True)
    quality = models.SmallIntegerField(_("quality"), choices=QualityFlag.choices)
    checks = models.SmallIntegerField(_("failed tests"), default=0)
    value = models.JSONField(_("result that is no number"), null=True)
    phenomenon_end = InstantField(_("end of the time"), null=True)
    result_time = InstantField(_("known since"), null=True)
    valid_from = InstantField(_("valid from"), null=True)
    valid_to = InstantField(_("valid to"), null=True)
    parameters = models.JSONField(_("parameters"), null=True)
    result_quality = models.JSONField(_("quality as sent"), null=True)
    feature = models.ForeignKey(
        FeatureOfInterest,
        on_delete=models.CASCADE,
        null=True,
        related_name="observations",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        ordering = ["datastream_id", "phenomenon_time", "copy"]

    def __str__(self) -> str:
        return f"{self.phenomenon_time.isoformat()} {self.value if self.result is None else self.result}"


class LatestObservation(models.Model):
    """The newest observation of a datastream, the one before it, and what there is in all.

    There is a row for each datastream with observations. `first_time` to `last_time` is its phenomenonTime,
    `first_result_time` to `last_result_time` its resultTime, `count` the number of its observations.
    """

    datastream = models.OneToOneField(
        Datastream, on_delete=models.CASCADE, primary_key=True, related_name="latest"
    )
    phenomenon_time = InstantField(_("time"))
    copy = models.SmallIntegerField(default=0)
    number = models.BigIntegerField(default=0)
    result = models.FloatField(_("result"), null=True)
    value = models.JSONField(_("result that is no number"), null=True)
    quality = models.SmallIntegerField(_("quality"), choices=QualityFlag.choices)
    checks = models.SmallIntegerField(_("failed tests"), default=0)
    previous_time = InstantField(_("time before"), null=True)
    previous_result = models.FloatField(_("result before"), null=True)
    received = InstantField(_("received"))
    version = models.BigIntegerField(db_index=True)
    count = models.BigIntegerField(_("observations"), default=0)
    first_time = InstantField(_("first time"), null=True)
    last_time = InstantField(_("last time"), null=True)
    first_result_time = InstantField(_("first known since"), null=True)
    last_result_time = InstantField(_("last known since"), null=True)

    class Meta:
        ordering = ["datastream_id"]

    def __str__(self) -> str:
        return f"{self.phenomenon_time.isoformat()} {self.value if self.result is None else self.result}"


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
    numbers = models.BigIntegerField(default=0)
    """The highest `Observation.number` given so far on SQLite; PostgreSQL has a sequence."""

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


class EntityVersion(models.Model):
    """An entity as it was from one moment to another, for `$asof` and the history of entities."""

    entity = models.CharField(_("kind of entity"), max_length=30)
    entity_id = models.BigIntegerField(_("number"))
    valid_from = InstantField(_("valid from"))
    valid_to = InstantField(_("valid to"), null=True)
    document = models.JSONField(_("the entity"), null=True)
    """None: it was deleted at `valid_from`."""
    changed_by = models.CharField(_("changed by"), max_length=200, blank=True)

    class Meta:
        ordering = ["entity", "entity_id", "valid_from", "pk"]
        indexes = [
            models.Index(fields=["entity", "entity_id", "valid_from"], name="entity_version_of"),
            models.Index(fields=["entity", "valid_from"], name="entity_version_at"),
            models.Index(fields=["valid_to"], name="entity_version_end"),
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.entity_id} {self.valid_from.isoformat()}"


class IdempotencyKey(models.Model):
    """An answer already given, so that a request sent twice is done once."""

    key = models.CharField(max_length=200)
    principal = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.SmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created = InstantField(db_index=True)

    class Meta:
        ordering = ["-created"]
        constraints = [models.UniqueConstraint(fields=["principal", "key"], name="idempotency_principal_key")]

    def __str__(self) -> str:
        return f"{self.principal} {self.key}"
