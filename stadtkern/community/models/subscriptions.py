"""Who wants to hear of a dataset, what there is to tell, and how often data are used."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset
from stadtkern.people.models import User


def new_token() -> str:
    """Return a secret that nobody guesses, for addresses in mails."""
    return secrets.token_urlsafe(24)


class DatasetEvent(models.Model):
    """Something that happened to a dataset and that people want to hear of."""

    class Kind(models.TextChoices):
        """What happened."""

        PUBLISHED = "published", _("published")
        VERSION = "version", _("new version of the data")
        ANSWER = "answer", _("question answered")
        WITHDRAWN = "withdrawn", _("withdrawn")

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=60)
    """Which one it was (number of the version, of the answer): the same is told once."""
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("news of a dataset")
        verbose_name_plural = _("news of datasets")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "kind", "key"], name="community_event_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.dataset}"


class Subscription(models.Model):
    """Somebody wants to hear of a dataset or of what a search finds, by mail or by webhook."""

    class Rhythm(models.TextChoices):
        """How often a mail comes at most."""

        DAILY = "daily", _("once a day at most")
        WEEKLY = "weekly", _("once a week at most")

    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.CASCADE, related_name="subscriptions"
    )
    query = models.CharField(_("search"), max_length=500, blank=True)
    """The search as in the address (`q=...&theme=...`)."""
    email = models.EmailField(_("email address"), blank=True)
    url = models.URLField(_("web address"), max_length=500, blank=True)
    key_salt = models.CharField(max_length=40, default=new_token, editable=False)
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="data_subscriptions"
    )
    rhythm = models.CharField(_("how often"), max_length=10, choices=Rhythm, default=Rhythm.DAILY)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="de")
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_event = models.BigIntegerField(default=0)
    """Number of the last event it was told of."""
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.CheckConstraint(
                condition=Q(dataset__isnull=False) ^ ~Q(query=""), name="community_subscription_about_one"
            ),
            models.CheckConstraint(
                condition=(~Q(email="") & Q(url="")) | (Q(email="") & ~Q(url="")),
                name="community_subscription_one_way",
            ),
            models.UniqueConstraint(
                fields=["dataset", "email", "url"],
                condition=Q(dataset__isnull=False),
                name="community_subscription_once",
            ),
            models.UniqueConstraint(
                fields=["query", "email", "url"], condition=~Q(query=""), name="community_search_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.dataset or self.query} → {self.url or '@'}"


class Reminder(models.Model):
    """A dataset whose promised rhythm was missed, from the day on until the next edition comes."""

    dataset = models.OneToOneField(Dataset, on_delete=models.CASCADE, related_name="reminder")
    due_at = models.DateTimeField(_("was due"))
    noticed_at = models.DateTimeField(_("noticed"))
    reminded_at = models.DateTimeField(_("last reminded"), null=True, blank=True)
    count = models.PositiveSmallIntegerField(_("reminders"), default=0)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        ordering = ["due_at"]
        verbose_name = _("missed rhythm")
        verbose_name_plural = _("missed rhythms")

    def __str__(self) -> str:
        return str(self.dataset)


class DailyUse(models.Model):
    """How often a dataset was used on a day; nothing about by whom."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="daily_uses")
    day = models.DateField()
    kind = models.CharField(max_length=10)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "dataset", "kind"]
        verbose_name = _("uses on a day")
        verbose_name_plural = _("uses on days")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "day", "kind"], name="community_use_once_a_day")
        ]
        indexes = [models.Index(fields=["day"], name="community_use_day")]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.day} {self.kind}: {self.count}"
