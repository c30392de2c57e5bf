"""Closed data on request: offered under terms, granted for a purpose and a time, every use noted."""

from collections.abc import Callable
from datetime import timedelta

from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset
from stadtkern.people.models import ApiKey, User
from stadtkern.web.fields import TranslatedTextField, in_language

LONGEST = 3000


class Offer(models.Model):
    """A dataset that is not open and may be had on request, under which terms."""

    get_terms: Callable[[], str]
    get_price: Callable[[], str]

    dataset = models.OneToOneField(
        Dataset, on_delete=models.CASCADE, related_name="offer", verbose_name=_("dataset")
    )
    terms = TranslatedTextField(
        _("terms"), help_text=_("What who gets the data may do with them, and what not.")
    )
    price = TranslatedTextField(_("price"), blank=True, help_text=_("Empty: free of charge."))
    longest = models.DurationField(
        _("granted for at most"),
        default=timedelta(days=365),
        validators=[MinValueValidator(timedelta(days=1))],
    )
    contact_email = models.EmailField(_("who decides"), blank=True)
    is_on = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["dataset"]
        verbose_name = _("offer on request")
        verbose_name_plural = _("offers on request")

    def __str__(self) -> str:
        return in_language(self.dataset.title)[0] or self.dataset.slug


class AccessRequest(models.Model):
    """Somebody asks for closed data: who, what for, how long; and what was decided."""

    class State(models.TextChoices):
        """How far it is."""

        ASKED = "asked", _("asked for")
        GRANTED = "granted", _("granted")
        DECLINED = "declined", _("declined")
        REVOKED = "revoked", _("taken back")
        WITHDRAWN = "withdrawn", _("withdrawn by who asked")

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="access_requests")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="access_requests")
    organisation = models.CharField(_("for whom do you ask?"), max_length=200)
    purpose = models.TextField(_("what do you need the data for?"), validators=[MaxLengthValidator(LONGEST)])
    wanted_until = models.DateField(_("until when do you need them?"))
    terms = models.TextField(_("terms agreed to"))
    """The words of the terms at that moment."""
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked"))
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("decided by")
    )
    reason = models.TextField(_("reason"), blank=True, validators=[MaxLengthValidator(LONGEST)])
    valid_from = models.DateTimeField(_("from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("until"), null=True, blank=True)
    key = models.OneToOneField(
        ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="access_request"
    )

    class Meta:
        ordering = ["-asked_at", "-pk"]
        verbose_name = _("request for closed data")
        verbose_name_plural = _("requests for closed data")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="granted")
                | (Q(valid_from__isnull=False) & Q(valid_until__gt=F("valid_from"))),
                name="community_grant_has_a_period",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["declined", "revoked"]) | ~Q(reason=""),
                name="community_refusal_has_a_reason",
                violation_error_message=_("Say why."),
            ),
            models.UniqueConstraint(
                fields=["dataset", "user"], condition=Q(state="asked"), name="community_one_open_request"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.dataset}"


class ClosedRead(models.Model):
    """One reading of closed data: who, when, how and how many rows."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="closed_reads")
    request = models.ForeignKey(
        AccessRequest, null=True, blank=True, on_delete=models.SET_NULL, related_name="reads"
    )
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    what = models.CharField(_("how"), max_length=20)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    at = models.DateTimeField(_("when"), db_index=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("reading of closed data")
        verbose_name_plural = _("readings of closed data")

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.at:%Y-%m-%d %H:%M} {self.what}"
