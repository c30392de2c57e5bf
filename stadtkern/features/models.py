"""Features in tables of our own: filled as a whole, read by box, time and properties."""

from typing import Any

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.web.fields import TranslatedTextField, in_language


class FeatureCollection(models.Model):
    """A named set of features that was loaded from somewhere; `current` is what readers see."""

    name = models.CharField(_("name"), max_length=210, unique=True)
    source = models.CharField(max_length=30)
    """Who filled it, and says who may read it (`access.register`)."""
    reference = models.BigIntegerField()
    """What it is for the source: the primary key of the distribution."""
    title = TranslatedTextField(_("title"))
    description = TranslatedTextField(_("description"), blank=True)
    licence = models.CharField(_("licence"), max_length=300, blank=True)
    attribution = models.CharField(_("attribution"), max_length=500, blank=True)
    page = models.CharField(_("page about it"), max_length=500, blank=True)
    current = models.OneToOneField(
        "FeatureSet", null=True, blank=True, on_delete=models.SET_NULL, related_name="shown_by"
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("map layer")
        verbose_name_plural = _("map layers")
        constraints = [models.UniqueConstraint(fields=["source", "reference"], name="features_of_source")]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.name


class FeatureSet(models.Model):
    """One loading of a collection; it is shown as a whole or not at all."""

    collection = models.ForeignKey(FeatureCollection, on_delete=models.CASCADE, related_name="sets")
    revision = models.CharField(max_length=100, blank=True)
    """What was loaded, in words of the source: the same again need not be loaded."""
    created_at = models.DateTimeField(auto_now_add=True)
    facts: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    """See `facts.Facts`: number, box, times, properties, density."""

    class Meta:
        ordering = ["pk"]
        verbose_name = _("loading")
        verbose_name_plural = _("loadings")

    def __str__(self) -> str:
        return f"{self.collection} {self.pk}"


class Feature(models.Model):
    """One feature. Small columns come first: SQLite reads a row from its beginning."""

    id = models.BigAutoField(primary_key=True)
    set = models.ForeignKey(FeatureSet, on_delete=models.CASCADE, related_name="features", db_index=False)
    number = models.BigIntegerField()
    """Place in the loading, from 1 up; pages go on after one."""
    zoom = models.SmallIntegerField()
    """From this zoom on it is drawn on tiles; before that another one stands for it."""
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    key = models.CharField(max_length=200, blank=True)
    """Its own name; empty: its number is its name."""
    properties = models.JSONField(default=dict)
    text = models.TextField()
    """The geometry as GeoJSON with 7 decimal places (1 cm), ready to be sent."""
    geometry = models.GeometryField(srid=4326, null=True)

    class Meta:
        ordering = ["set", "number"]
        verbose_name = _("feature")
        verbose_name_plural = _("features")
        constraints = [
            models.UniqueConstraint(fields=["set", "number"], name="features_number"),
            models.UniqueConstraint(fields=["set", "key"], condition=~Q(key=""), name="features_key"),
        ]
        indexes = [
            # with the edges, so that SQLite need not read the rows beside a tile
            models.Index(fields=["set", "zoom", "west", "south", "east", "north"], name="features_zoom"),
            models.Index(fields=["set", "started"], condition=Q(started__isnull=False), name="features_time"),
            models.Index(fields=["set"], condition=Q(west=None), name="features_nowhere"),
        ]

    def __str__(self) -> str:
        return self.key or str(self.number)
