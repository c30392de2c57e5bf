"""Where readings come from, and how that goes."""

from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.base.clock import now
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.registry import connector_choices
from stadtkern.web.fields import TranslatedTextField, in_language


class Source(models.Model):
    """An outside data source: a connector with its settings."""

    get_title: Callable[[], str]

    slug = models.SlugField(
        _("short name"),
        unique=True,
        help_text=_("Letters, digits and hyphens; part of addresses and of the keys of the readings."),
    )
    connector = models.SlugField(_("connector"), choices=connector_choices)
    title = TranslatedTextField(_("title"))
    options = models.JSONField(_("settings"), default=dict, blank=True)
    interval = models.DurationField(
        _("interval"), null=True, blank=True, help_text=_("Empty: as the connector advises.")
    )
    profile = models.ForeignKey(
        DataProfile,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="sources",
        verbose_name=_("data profile"),
        help_text=_("Why the data are held. Without a published profile the readings are not public."),
    )
    is_paused = models.BooleanField(_("paused"), default=False)
    licence = models.CharField(
        _("licence"), max_length=40, blank=True, help_text=_("Empty: as the connector says.")
    )
    attribution = models.CharField(
        _("attribution"), max_length=300, blank=True, help_text=_("Empty: as the connector says.")
    )
    key_salt = models.CharField(max_length=40, blank=True, editable=False)
    key_hash = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug


class SourceState(models.Model):
    """How a source is doing; written by `ingest`, apart from what editors change."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, primary_key=True, related_name="state")
    last_attempt = models.DateTimeField(null=True)
    last_success = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    error_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    newest_reading = models.DateTimeField(null=True)
    messages_in = models.PositiveBigIntegerField(default=0)
    readings_in = models.PositiveBigIntegerField(default=0)
    readings_repeated = models.PositiveBigIntegerField(default=0)
    readings_rejected = models.PositiveBigIntegerField(default=0)
    try_requested = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.source_id}: {self.last_error or 'ok'}"


class Validator(models.Model):
    """What a server wants to hear back to tell us “not modified”."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="validators")
    url = models.CharField(max_length=2000)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    used = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "url"], name="one_validator_per_address")]

    def __str__(self) -> str:
        return self.url


class UnclaimedTopic(models.Model):
    """A topic that a device wrote to and no source reads: what an editor needs to set one up."""

    topic = models.CharField(max_length=500, unique=True)
    messages = models.PositiveBigIntegerField(default=0)
    newest = models.BinaryField(blank=True)
    seen = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-seen"]

    def __str__(self) -> str:
        return self.topic


class NewsItem(models.Model):
    """What one transaction stored or changed; read by position, so that subscribers miss nothing."""

    made = models.DateTimeField(default=now, db_index=True)
    kind = models.CharField(max_length=40)
    how = models.CharField(max_length=10)
    content = models.JSONField(default=dict)
    """`runs` of identifiers; `fields`; of observations also `datastreams` and `span`."""

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.how}"


class MqttSession(models.Model):
    """What a client that comes back subscribed to, and up to where it got the news."""

    key = models.CharField(max_length=2000, unique=True)
    topics = models.JSONField(default=dict)
    """Quality of service by topic."""
    position = models.BigIntegerField(default=-1)
    """Number of the last news that the client acknowledged."""
    seen = models.DateTimeField(default=now, db_index=True)

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class OutgoingMessage(models.Model):
    """A message that waits to be published by the broker; gone as soon as it is."""

    topic = models.CharField(max_length=500)
    payload = models.BinaryField()
    retain = models.BooleanField(default=False)
    created = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.topic
