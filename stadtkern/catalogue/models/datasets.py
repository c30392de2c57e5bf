"""Datasets."""

from collections.abc import Callable
from typing import Any, Self

from django.contrib.gis.db import models as gis
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, LockableMixin, RevisionMixin, WorkflowMixin

from stadtkern.catalogue.models.catalogue import Agent, DatasetSeries, Keyword
from stadtkern.catalogue.vocabularies import (
    AVAILABILITIES,
    FREQUENCIES,
    HVD_CATEGORIES,
    LEVELS,
    THEMES,
    Concept,
)
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Membership, User
from stadtkern.people.rules import Someone, is_admin, is_back_office
from stadtkern.places.models import Area
from stadtkern.web.fields import TranslatedTextField, in_language

Choices = list[tuple[str, Any]]
RESERVED_SLUGS = frozenset(
    {
        *("sql", "wishes", "reuses", "usage", "marketplace", "requests", "subscriptions"),
        *("new", "search", "feed", "series", "versions"),
    }
)
"""Addresses below `/data/` that are no datasets."""
OF_THE_DATA = ("origin", "extra", "extent", "issued", "modified", "withdrawn_at", "withdrawn_reason")
"""Fields that follow the data and not the description: a revision does not bring old ones back."""


def choices(table: dict[str, Concept]) -> Choices:
    """Return the entries of a vocabulary as Django's choices."""
    return [(concept.code, concept.title) for concept in table.values()]


def validate_codes(value: object, known: dict[str, Concept]) -> None:
    """Refuse anything but a list of codes of a vocabulary."""
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise ValidationError(_("Write a list of codes."))
    if unknown := sorted(set(value) - set(known)):
        raise ValidationError(_("Unknown code: %(codes)s"), params={"codes": ", ".join(unknown)[:200]})


def validate_slug_is_free(value: str) -> None:
    """Refuse a short name that is the address of something else; `--` parts dataset and table."""
    if value in RESERVED_SLUGS or "--" in value:
        raise ValidationError(_("This short name cannot be used; choose another."))


def validate_themes(value: object) -> None:
    """Refuse what is no theme of the EU's table."""
    validate_codes(value, THEMES)


def validate_hvd(value: object) -> None:
    """Refuse what is no category of high-value datasets."""
    validate_codes(value, HVD_CATEGORIES)


class DatasetQuerySet(models.QuerySet["Dataset"]):
    """Selections of datasets.

    Whoever may see that a dataset exists (`listed`) need not be allowed to read its rows (`open`): a
    dataset of a marketplace is listed for everybody and opened on request.
    """

    def public(self) -> Self:
        """Return those that everybody may find: published, under a published profile, not withdrawn."""
        return self.filter(live=True, withdrawn_at=None, profile__is_published=True)

    def open(self) -> Self:
        """Return those whose rows everybody may read; the same as `Dataset.is_open`."""
        return self.public().filter(
            profile__access=DataProfile.Access.PUBLIC, profile__has_personal_data=False
        )

    def visible_to(self, user: Someone) -> Self:
        """Return those of which `user` may know."""
        return self.all() if is_back_office(user) else self.public()

    def readable_by(self, user: Someone) -> Self:
        """Return those whose rows `user` may read: open ones, those of own organisations and their partners.

        What was granted on request is decided by `catalogue.access`, which adds it to these.
        """
        if is_admin(user):
            return self.all()
        if not isinstance(user, User) or not user.is_active:
            return self.open()
        own = Membership.objects.filter(user=user).values("organisation")
        partner = Q(profile__access=DataProfile.Access.PARTNER, profile__partners__in=own)
        readable = self.filter(
            Q(profile__owner__in=own) | Q(profile__owner__parent__in=own) | (partner & Q(live=True))
        )
        return self.filter(Q(pk__in=self.open().values("pk")) | Q(pk__in=readable.values("pk")))


class Dataset(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """Data that are published together (dcat:Dataset); public once approved (`live`)."""

    class Origin(models.TextChoices):
        """How a dataset came into the catalogue."""

        EDITOR = "editor", _("entered here")
        STREAMS = "streams", _("measured values")
        LAYER = "layer", _("layer of the map")
        HARVEST = "harvest", _("taken over from another catalogue")

    draft_keywords: list[str] | None = None
    """Keywords that wait for approval; None: as stored."""
    get_title: Callable[[], str]
    get_description: Callable[[], str]
    get_summary: Callable[[], str]
    get_provenance: Callable[[], str]

    slug = models.SlugField(
        _("short name"),
        max_length=100,
        unique=True,
        validators=[validate_slug_is_free],
        help_text=_("Part of the address of its page."),
    )
    identifier = models.CharField(
        _("identifier"),
        max_length=500,
        blank=True,
        help_text=_("The lasting name by which other catalogues know it; empty: the address of its page."),
    )
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.EDITOR, editable=False)
    title = TranslatedTextField(_("title"), help_text=_("What it is, where and when, in a few words."))
    summary = TranslatedTextField(
        _("in plain words"),
        blank=True,
        help_text=_("One or two sentences for everybody: what can be read from these data?"),
    )
    description = TranslatedTextField(
        _("description"), help_text=_("What is in it, how it was made, what it is not good for.")
    )
    profile = models.ForeignKey(
        DataProfile, on_delete=models.PROTECT, related_name="datasets", verbose_name=_("data profile")
    )
    publisher = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="datasets", verbose_name=_("publisher")
    )
    contact_name = models.CharField(_("who answers questions"), max_length=200, blank=True)
    contact_email = models.EmailField(_("email address for questions"), blank=True)
    contact_url = models.URLField(_("page for questions"), max_length=500, blank=True)
    series = models.ForeignKey(
        DatasetSeries,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="datasets",
        verbose_name=_("series"),
    )
    keywords = models.ManyToManyField(
        Keyword, blank=True, related_name="datasets", verbose_name=_("keywords")
    )
    themes = models.JSONField(_("themes"), default=list, blank=True, validators=[validate_themes])
    hvd_categories = models.JSONField(
        _("high-value data"), default=list, blank=True, validators=[validate_hvd]
    )
    level = models.CharField(
        _("political level"), max_length=30, blank=True, choices=choices(LEVELS), default="municipality"
    )
    area = models.ForeignKey(
        Area, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("area")
    )
    extent = gis.PolygonField(_("extent"), srid=4326, null=True, blank=True)
    temporal_start = models.DateTimeField(_("data from"), null=True, blank=True)
    temporal_end = models.DateTimeField(_("data until"), null=True, blank=True)
    frequency = models.CharField(_("rhythm"), max_length=20, blank=True, choices=choices(FREQUENCIES))
    availability = models.CharField(
        _("how long it is offered"), max_length=20, blank=True, choices=choices(AVAILABILITIES)
    )
    language = models.CharField(_("language of the data"), max_length=5, blank=True, default="de")
    landing_page = models.URLField(_("page about it elsewhere"), max_length=500, blank=True)
    provenance = TranslatedTextField(_("provenance"), blank=True)
    extra = models.JSONField(default=dict, blank=True, editable=False)
    """Statements of other catalogues that have no column here; kept and passed on."""
    issued = models.DateTimeField(_("first published"), null=True, blank=True)
    modified = models.DateTimeField(_("last change of the data"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    withdrawn_reason = TranslatedTextField(_("why withdrawn"), blank=True, editable=False)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering = [F("modified").desc(nulls_last=True), "slug"]
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        constraints = [
            models.UniqueConstraint(
                fields=["identifier"], condition=~Q(identifier=""), name="catalogue_dataset_identifier"
            ),
            models.CheckConstraint(
                condition=Q(temporal_end=None)
                | Q(temporal_start=None)
                | Q(temporal_end__gte=F("temporal_start")),
                name="catalogue_dataset_time",
                violation_error_message=_("The data end before they begin."),
            ),
        ]
        indexes = [
            models.Index(fields=["-modified", "slug"], name="catalogue_dataset_newest"),
            models.Index(fields=["origin", "slug"], name="catalogue_dataset_origin"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug

    def get_absolute_url(self) -> str:
        """Return the address of its page in the active language."""
        return reverse("dataset", args=[self.slug])

    def get_state(self) -> str:
        """Return in words how public it is."""
        if self.withdrawn_at is not None:
            return str(_("withdrawn"))
        if self.live:
            return str(_("public, changes wait") if self.has_unpublished_changes else _("public"))
        return str(_("draft"))

    def serializable_data(self) -> dict[str, Any]:
        """Return all fields for a revision, with the keywords, which Wagtail would leave out."""
        words = self.draft_keywords
        if words is None:
            words = [one.word for one in self.keywords.all()] if self.pk else []
        return {**super().serializable_data(), "keyword_list": words}

    def with_content_json(self, content: dict[str, Any]) -> Self:
        """Return the dataset as it was written into a revision."""
        found: Self = super().with_content_json(content)
        found.draft_keywords = content.get("keyword_list")
        for name in OF_THE_DATA:
            setattr(found, name, getattr(self, name))
        return found

    @property
    def is_public(self) -> bool:
        """Whether everybody may find it."""
        return self.live and self.withdrawn_at is None and self.profile.is_published

    @property
    def is_open(self) -> bool:
        """Whether everybody may read its rows."""
        return self.is_public and self.profile.is_open
