"""Who uses Stadtkern, and for whom."""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.people.managers import PersonManager, new_handle
from stadtkern.web.fields import TranslatedTextField, in_language


class User(AbstractUser):
    """A person with an account; signs in with the mail address.

    An erased person keeps this row without a name, so that what others see of their words stays countable.
    """

    email = models.EmailField(_("email address"), unique=True)
    username = models.CharField(_("handle"), max_length=150, unique=True, default=new_handle, editable=False)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="de")
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[PersonManager] = PersonManager()  # type: ignore[assignment]  # takes the mail address first

    def __str__(self) -> str:
        if self.erased_at:
            return str(_("Erased account"))
        return self.get_full_name() or self.email

    @cached_property
    def roles(self) -> frozenset[str]:
        """Names of the roles this person has; asked once for each instance."""
        return frozenset(self.groups.values_list("name", flat=True))


class Organisation(models.Model):
    """The town, a department of it, or somebody else who owns data."""

    get_name: Callable[[], str]

    slug = models.SlugField(unique=True)
    name = TranslatedTextField(_("name"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="departments"
    )
    homepage = models.URLField(_("homepage"), blank=True)
    email = models.EmailField(_("email address"), blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="organisations")

    class Meta:
        ordering = ["slug"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("pk")),
                name="organisation_is_not_its_own_parent",
            )
        ]

    def __str__(self) -> str:
        return in_language(self.name)[0] or self.slug


class Membership(models.Model):
    """A person's place in an organisation; the audit trail knows them by handle, without a name."""

    class Role(models.TextChoices):
        """What the person does there."""

        MEMBER = "member", _("member")
        EDITOR = "editor", _("looks after its data")
        HEAD = "head", _("heads it")

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.MEMBER)

    class Meta:
        ordering = ["organisation", "pk"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["user", "organisation"], name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.user.username}, {self.organisation}: {self.role}"


class ApiKey(models.Model):
    """A key by which a program reads and writes data, for a person or for an organisation.

    Only the SHA-256 of the key is stored. The key is long and random, so that a slow hash would add no safety
    and would cost time with every request.
    """

    name = models.CharField(_("what for"), max_length=200)
    prefix = models.CharField(_("begins with"), max_length=20, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    person = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("person"),
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="api_keys",
        verbose_name=_("organisation"),
    )
    scopes = models.JSONField(_("may"), default=list)
    profiles = models.JSONField(_("only these data profiles"), null=True, blank=True)
    streams = models.JSONField(_("only these series"), null=True, blank=True)
    per_minute = models.PositiveIntegerField(_("requests a minute"), default=600)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    expires_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(person__isnull=True) ^ models.Q(organisation__isnull=True),
                name="key_of_a_person_or_an_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def holder(self) -> User | Organisation | None:
        """The person or organisation whose key this is."""
        return self.person or self.organisation

    def is_valid(self, at: datetime) -> bool:
        """Return whether the key opens anything at a moment."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Refusal(models.Model):
    """How often somebody was refused something within an hour."""

    hour = models.DateTimeField(_("hour"))
    principal = models.CharField(_("who"), max_length=200)
    door = models.CharField(_("where"), max_length=20)
    reason = models.CharField(_("why"), max_length=200)
    times = models.PositiveIntegerField(_("how often"), default=0)
    last = models.DateTimeField(_("last time"))

    class Meta:
        ordering = ["-hour", "-times", "pk"]
        verbose_name = _("refusal")
        verbose_name_plural = _("refusals")
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "principal", "door", "reason"], name="one_refusal_an_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.principal} {self.door}: {self.reason} ({self.times})"


class RightsChange(models.Model):
    """One change of somebody's rights; see `rights`."""

    token = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}"
