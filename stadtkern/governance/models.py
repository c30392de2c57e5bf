"""The data concept of a town."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.governance.licences import Licence, licence
from stadtkern.people import rights
from stadtkern.people.models import Organisation
from stadtkern.web.fields import TranslatedTextField, in_language


class DataProfileQuerySet(models.QuerySet["DataProfile"]):
    """Selections of profiles.

    What is published stands in the public register; `access` says who may read the values; single values of
    personal data are for the town alone.
    """

    def update(self, **values: Any) -> int:  # noqa: ANN401  # as Django's
        """Change all of them, and with them who may read what stands under them."""
        count = super().update(**values)
        rights.changed()
        return count

    def published(self) -> Self:
        """Return those that the public may see."""
        return self.filter(is_published=True)

    def open(self) -> Self:
        """Return those whose single values everybody may read; the same as `DataProfile.is_open`."""
        return self.published().filter(access=DataProfile.Access.PUBLIC, has_personal_data=False)


class DataProfile(models.Model):
    """Why some data are held, on what ground, by whom, under which licence and for how long."""

    class Access(models.TextChoices):
        """Who may read the values."""

        PUBLIC = "public", _("everybody")
        PARTNER = "partner", _("the owner and its partners")
        INTERNAL = "internal", _("only the town")

    get_title: Callable[[], str]
    get_purpose: Callable[[], str]
    get_legal_basis: Callable[[], str]
    get_quality: Callable[[], str]

    slug = models.SlugField(
        _("short name"),
        unique=True,
        help_text=_("Part of the address of its page in the register: river-levels"),
    )
    title = TranslatedTextField(_("title"), help_text=_("What the register calls these data."))
    purpose = TranslatedTextField(
        _("purpose"),
        blank=True,
        help_text=_("Why the town holds these data, in one or two sentences for everybody."),
    )
    legal_basis = TranslatedTextField(
        _("legal basis"), blank=True, help_text=_("The law, bylaw or decision that allows or demands it.")
    )
    has_personal_data = models.BooleanField(
        _("contains personal data"),
        default=False,
        help_text=_(
            "The register says so openly. Also tick this if a person can be found out by combining values."
        ),
    )
    access = models.CharField(
        _("who may read the values"),
        max_length=10,
        choices=Access.choices,
        default=Access.PUBLIC,
        help_text=_("Holds once the profile is published; before that only the town itself reads them."),
    )
    partners = models.ManyToManyField(
        Organisation,
        blank=True,
        related_name="partner_profiles",
        verbose_name=_("partners"),
        help_text=_(
            "Organisations that may read the values besides the owner, where these are for partners."
        ),
    )
    smallest_group = models.PositiveSmallIntegerField(
        _("smallest group"),
        default=5,
        validators=[MinValueValidator(3)],
        help_text=_(
            "Personal data leave the town only as means over so many things at least, never as values of one."
        ),
    )
    owner = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="data_profiles",
        verbose_name=_("owner"),
        help_text=_("Who answers for these data and is named in the register."),
    )
    licence = models.CharField(
        _("licence"),
        max_length=40,
        blank=True,
        help_text=_("Under which terms everybody may use these data."),
    )
    attribution = models.CharField(
        _("attribution"),
        max_length=300,
        blank=True,
        help_text=_("How the source is to be named; shown below each value."),
    )
    retention = models.DurationField(
        _("retention"),
        null=True,
        blank=True,
        help_text=_("Older values are deleted for good. Empty: they are kept for good."),
    )
    archive_after = models.DurationField(
        _("archive after"),
        null=True,
        blank=True,
        validators=[MinValueValidator(timedelta(days=31))],
        help_text=_(
            "Months that ended so long ago leave the database for files that everybody can read; pages and "
            "downloads show them as before. At least 31 days. Empty: never."
        ),
    )
    update_rhythm = models.DurationField(
        _("update rhythm"), null=True, blank=True, help_text=_("How often new values are to be expected.")
    )
    quality = TranslatedTextField(
        _("quality"),
        blank=True,
        help_text=_("What people should know before they rely on it: accuracy, gaps, checks."),
    )
    is_published = models.BooleanField(
        _("published"),
        default=False,
        help_text=_("The public register shows the profile. Needs purpose, legal basis, owner and licence."),
    )

    objects = DataProfileQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("data profile")
        verbose_name_plural = _("data profiles")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_published=False) | (~Q(purpose={}) & ~Q(legal_basis={}) & ~Q(licence="")),
                name="published_profile_is_complete",
                violation_error_message=_("A published profile needs purpose, legal basis and licence."),
            ),
            models.CheckConstraint(condition=Q(smallest_group__gte=3), name="profile_group_is_a_group"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug

    def clean(self) -> None:
        """Say at each field what is missing before the profile can be public."""
        super().clean()
        missing = {
            name: _("Needed before the profile can be published.")
            for name in ("title", "purpose", "legal_basis")
            if self.is_published and not any(text.strip() for text in (getattr(self, name) or {}).values())
        }
        if self.is_published and not self.licence:
            missing["licence"] = _("Needed before the profile can be published.")
        if missing:
            raise ValidationError(missing)

    @property
    def is_open(self) -> bool:
        """Whether everybody may read the single values under this profile."""
        return self.is_published and self.access == self.Access.PUBLIC and not self.has_personal_data

    @property
    def licence_facts(self) -> Licence:
        """Title and address of the licence."""
        return licence(self.licence)


class RetentionRun(models.Model):
    """One run of one retention rule: proof that data really end."""

    name = models.CharField(_("rule"), max_length=100)
    started_at = models.DateTimeField(_("started"), db_index=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    deleted = models.PositiveBigIntegerField(_("rows deleted"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        ordering = ["-started_at", "name"]
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M}: {self.error or self.deleted}"
