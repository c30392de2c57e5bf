"""Rules on data, what they found, and whom that was told."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.base import clock
from stadtkern.observations.fields import InstantField
from stadtkern.observations.models import Datastream, ObservedProperty, Thing
from stadtkern.people.models import User
from stadtkern.web.fields import TranslatedTextField, in_language


class Severity(models.IntegerChoices):
    """How grave it is; the same steps as alarm levels have."""

    NOTE = 1, _("note")
    WARNING = 2, _("warning")
    DANGER = 3, _("danger")
    EXTREME = 4, _("extreme danger")


class Channel(models.Model):
    """A way to tell somebody: a mail, a web address of another program, a topic, a ticket."""

    class Kind(models.TextChoices):
        """What is done."""

        MAIL = "mail", _("mail")
        WEBHOOK = "webhook", _("message to a web address (webhook)")
        TICKET = "ticket", _("task for somebody of the town")
        MQTT = "mqtt", _("message on an MQTT topic")
        PUSH = "push", _("message on the devices of subscribers (web push)")

    name = models.CharField(
        _("name"), max_length=100, unique=True, help_text=_("As rules call it: duty officer, fire brigade")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    user = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("person"),
        help_text=_("Gets the mail or the task. The address and the language are those of the account."),
    )
    email = models.EmailField(
        _("mail address"),
        blank=True,
        help_text=_("Only for an office without an account; use no private addresses."),
    )
    url = models.URLField(
        _("web address"),
        max_length=500,
        blank=True,
        help_text=_("Gets a signed message by POST; internal addresses only if the operator allows them."),
    )
    key_salt = models.CharField(max_length=40, blank=True, editable=False)
    topic = models.CharField(
        _("MQTT topic"),
        max_length=200,
        blank=True,
        help_text=_("Such as town/alerts/river; without # and +."),
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="de")
    due_in = models.DurationField(
        _("time for the task"), null=True, blank=True, help_text=_("Without it: 1 day.")
    )
    least_severity = models.SmallIntegerField(
        _("from"), choices=Severity.choices, default=Severity.NOTE, help_text=_("What is less is not told.")
    )
    tells_end = models.BooleanField(_("also tell the end"), default=True)
    quiet_from = models.TimeField(
        _("quiet from"),
        null=True,
        blank=True,
        help_text=_("In this time of the day messages wait until it is over."),
    )
    quiet_to = models.TimeField(_("quiet until"), null=True, blank=True)
    loud_severity = models.SmallIntegerField(
        _("told even in quiet hours from"), choices=Severity.choices, default=Severity.DANGER
    )
    most_per_hour = models.PositiveSmallIntegerField(
        _("messages in an hour at most"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text=_("More are left out and counted."),
    )
    hears_alarms = models.BooleanField(
        _("also tells of devices"),
        default=False,
        help_text=_("Alarms that the program raises by itself, such as a silent or an empty device."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("way of telling")
        verbose_name_plural = _("ways of telling")

    def __str__(self) -> str:
        return self.name


class Rule(models.Model):
    """What is to be noticed in the data, and whom to tell."""

    get_title: Callable[[], str]
    get_advice: Callable[[], str]

    class Combine(models.TextChoices):
        """How several conditions count."""

        ALL = "all", _("all conditions hold")
        ANY = "any", _("one of the conditions holds")

    slug = models.SlugField(
        _("short name"), unique=True, max_length=80, help_text=_("Such as frost-at-night")
    )
    title = TranslatedTextField(_("title"), help_text=_("What happens, in a few words: Frost on the streets"))
    advice = TranslatedTextField(
        _("what to do"), blank=True, help_text=_("One or two sentences for those who read the alert.")
    )
    severity = models.SmallIntegerField(_("severity"), choices=Severity.choices, default=Severity.WARNING)
    combine = models.CharField(_("if"), max_length=3, choices=Combine.choices, default=Combine.ALL)
    window = models.DurationField(
        _("within"),
        null=True,
        blank=True,
        help_text=_("Several conditions: how far apart in time they may hold. Empty: at the same time."),
    )
    duration = models.DurationField(
        _("for at least"), null=True, blank=True, help_text=_("Empty: the first reading is enough.")
    )
    stale_after = models.DurationField(
        _("a reading counts for"),
        default=timedelta(days=1),
        null=True,
        blank=True,
        help_text=_("Older ones say nothing about now. Empty: until the next one comes."),
    )
    only_good = models.BooleanField(
        _("leave out doubtful readings"),
        default=False,
        help_text=_("Bad ones are always left out. A sudden flood can look doubtful at first."),
    )
    thing = models.ForeignKey(
        Thing,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("only at"),
        help_text=_("For conditions on every series of a kind: only those of this place."),
    )
    valid_from = InstantField(_("valid from"), null=True, blank=True)
    valid_to = InstantField(_("valid until"), null=True, blank=True)
    months = models.JSONField(_("months"), default=list, blank=True)
    weekdays = models.JSONField(_("days of the week"), default=list, blank=True)
    time_from = models.TimeField(_("from the hour"), null=True, blank=True)
    time_to = models.TimeField(_("to the hour"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    is_public = models.BooleanField(
        _("public"),
        default=False,
        help_text=_("Its alerts stand on the page “Warnings”, if the series behind them are public."),
    )
    muted_until = InstantField(
        _("tell nobody until"),
        null=True,
        blank=True,
        help_text=_("Alerts are still written down, such as during maintenance."),
    )
    channels = models.ManyToManyField(Channel, blank=True, verbose_name=_("tell"), related_name="rules")
    revision = models.PositiveIntegerField(default=0, editable=False)
    since = InstantField(editable=False)
    """When it was made or last changed; what ended before is no business of it."""

    class Meta:
        ordering = ["slug"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug


class Condition(models.Model):
    """One condition of a rule, about one series or about every series of a kind."""

    class Kind(models.TextChoices):
        """What it looks at."""

        ABOVE = "above", _("reaches or exceeds a value")
        BELOW = "below", _("reaches or falls below a value")
        LEVEL = "level", _("reaches an alarm level of the series")
        RISE = "rise", _("rises by at least")
        FALL = "fall", _("falls by at least")
        SILENCE = "silence", _("sends nothing")

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="conditions")
    position = models.SmallIntegerField(default=0)
    kind = models.CharField(_("what happens"), max_length=10, choices=Kind.choices)
    datastream = models.ForeignKey(
        Datastream,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("series"),
    )
    observed_property = models.ForeignKey(
        ObservedProperty,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("every series of"),
    )
    value = models.FloatField(_("value"), null=True, blank=True)
    unit = models.CharField(_("unit (UCUM)"), max_length=50, blank=True)
    margin = models.FloatField(
        _("margin for the end"), default=0, validators=[MinValueValidator(0)], blank=True
    )
    span = models.DurationField(_("within"), null=True, blank=True)
    level = models.SmallIntegerField(_("alarm level from"), null=True, blank=True)

    class Meta:
        ordering = ["rule_id", "position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(datastream__isnull=True) | Q(observed_property__isnull=True),
                name="condition_names_one_or_every_series",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class RuleState(models.Model):
    """What a rule remembers about one of its targets between two looks."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="states")
    target = models.BigIntegerField()
    """The datastream, where a rule looks at every one of a kind; else 0."""
    state = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "target"], name="one_state_a_target")]

    def __str__(self) -> str:
        return f"{self.rule_id}:{self.target}"


class AlertQuerySet(models.QuerySet["Alert"]):
    """Choices among alerts."""

    def standing(self) -> Self:
        """Return those that have not ended."""
        return self.filter(ended__isnull=True)

    def public(self) -> Self:
        """Return those that anybody may see: of public rules, about public series only."""
        about = Q(datastream__isnull=True) | Q(datastream__in=Datastream.objects.public())
        return self.filter(about, is_public=True, is_withdrawn=False)

    def newest_first(self) -> Self:
        """Return them with all that a list shows."""
        related = ("rule", "datastream__thing", "datastream__observed_property", "datastream__latest")
        return self.select_related(*related).prefetch_related("rule__conditions").order_by("-raised", "-pk")


class Alert(models.Model):
    """Something that was noticed, from its beginning to its end."""

    kind = models.CharField(max_length=40, default="rule")
    subject = models.CharField(max_length=200)
    """What it is about, within its kind: there is one standing alert for each."""
    rule = models.ForeignKey(Rule, on_delete=models.SET_NULL, null=True, related_name="alerts")
    datastream = models.ForeignKey(Datastream, on_delete=models.SET_NULL, null=True, related_name="alerts")
    title = TranslatedTextField()
    text = models.TextField(blank=True)
    """Message id in English with `%(name)s`, of alerts that no rule raised."""
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=500, blank=True)
    severity = models.SmallIntegerField(_("severity"), choices=Severity.choices)
    is_public = models.BooleanField(default=False)
    begun = InstantField(_("since"))
    raised = InstantField(_("raised"))
    ended = InstantField(_("ended"), null=True)
    value = models.FloatField(null=True)
    peak = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    is_late = models.BooleanField(default=False)
    """Found only when late data came in; nobody was told."""
    is_withdrawn = models.BooleanField(default=False)
    """Late data show that it was not so."""
    acknowledged_at = InstantField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.TextField(_("note"), blank=True)
    created = InstantField()

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-raised", "-pk"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(ended__isnull=True), name="one_standing_alert"
            ),
            models.UniqueConstraint(fields=["kind", "subject", "begun"], name="one_alert_an_episode"),
        ]
        indexes = [
            models.Index(fields=["-raised", "-id"], name="alert_newest"),
            models.Index(fields=["ended"], name="alert_ended"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or f"{self.kind} {self.subject}"


class Delivery(models.Model):
    """One message about one alert on one way, and what became of it."""

    class Event(models.TextChoices):
        """What is told."""

        RAISED = "raised", _("raised")
        ENDED = "ended", _("ended")

    class State(models.TextChoices):
        """How far it is."""

        QUEUED = "queued", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        LEFT_OUT = "left_out", _("left out")

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=10, choices=Event.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    uid = models.UUIDField(default=uuid.uuid4)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = InstantField(null=True)
    created = InstantField()
    finished = InstantField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "event"], name="one_message_an_event")
        ]
        indexes = [
            models.Index(fields=["next_try"], condition=Q(state="queued"), name="delivery_waiting"),
            models.Index(fields=["channel", "finished"], name="delivery_by_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"


class Ticket(models.Model):
    """Something to be done by somebody until some day."""

    title = models.CharField(_("task"), max_length=300)
    alert = models.ForeignKey(Alert, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    owner = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    due = InstantField(_("due"))
    created = InstantField()
    done_at = InstantField(_("done"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["due", "pk"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been done by now."""
        return self.done_at is None and self.due < clock.now()


class PushSubscription(models.Model):
    """A browser that asked to be told; no account and no address stand behind it."""

    endpoint = models.CharField(max_length=1000, unique=True)
    key = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="de")
    created = InstantField()
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk} ({self.language})"
