"""How a dataset can be had: as a file or through a service."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models.catalogue import Agent
from stadtkern.catalogue.models.datasets import Dataset
from stadtkern.catalogue.vocabularies import FORMATS, Format
from stadtkern.governance.licences import Licence, licence
from stadtkern.web.fields import TranslatedTextField, in_language

if TYPE_CHECKING:
    from stadtkern.catalogue.models.versions import Version


class DistributionQuerySet(models.QuerySet["Distribution"]):
    """Selections of distributions."""

    def public(self) -> Self:
        """Return those that everybody may find."""
        return self.filter(is_live=True, dataset__in=Dataset.objects.public().values("pk"))


class Distribution(models.Model):
    """A way to have the data (dcat:Distribution): a table we keep, or a file or service elsewhere.

    A distribution with versions is a table: pages, downloads and interfaces are made from its current
    version. One without versions only names an address.
    """

    get_title: Callable[[], str]
    get_description: Callable[[], str]

    dataset = models.ForeignKey(
        Dataset, on_delete=models.CASCADE, related_name="distributions", verbose_name=_("dataset")
    )
    slug = models.SlugField(_("short name"), max_length=100)
    """Unique in the dataset; `<dataset>--<slug>` names the table in SQL, collections and layers."""
    position = models.PositiveSmallIntegerField(default=0)
    identifier = models.CharField(_("identifier"), max_length=500, blank=True)
    title = TranslatedTextField(_("title"), blank=True)
    description = TranslatedTextField(_("description"), blank=True)
    access_url = models.URLField(
        _("address"), max_length=2000, blank=True, help_text=_("Empty: its page here.")
    )
    download_url = models.URLField(_("address of the file"), max_length=2000, blank=True)
    format = models.CharField(
        _("format"),
        max_length=30,
        blank=True,
        choices=[(one.code, one.title) for one in FORMATS.values()],
    )
    media_type = models.CharField(_("media type"), max_length=150, blank=True)
    licence = models.CharField(
        _("licence"), max_length=300, blank=True, help_text=_("Empty: that of the data profile.")
    )
    attribution = models.CharField(_("attribution"), max_length=500, blank=True)
    byte_size = models.PositiveBigIntegerField(_("size in bytes"), null=True, blank=True)
    checksum = models.CharField(_("SHA-256"), max_length=64, blank=True)
    availability = models.CharField(max_length=20, blank=True)
    extra = models.JSONField(default=dict, blank=True, editable=False)
    issued = models.DateTimeField(_("first published"), null=True, blank=True)
    modified = models.DateTimeField(_("last change"), null=True, blank=True)
    is_live = models.BooleanField(_("approved"), default=True, editable=False)
    """Whether it is shown with its dataset; what an editor adds waits for the approval of the dataset."""
    draft = models.JSONField(default=dict, blank=True, editable=False)
    """Changes by field that wait for the approval of the dataset; {"deleted": true}: it shall go."""

    objects = DistributionQuerySet.as_manager()

    class Meta:
        ordering = ["dataset", "position", "pk"]
        verbose_name = _("distribution")
        verbose_name_plural = _("distributions")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "slug"], name="catalogue_distribution_slug"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug

    @property
    def name(self) -> str:
        """Name of its table for SQL, OGC collections, map layers and CKAN: unique in the town."""
        return f"{self.dataset.slug}--{self.slug}"

    @property
    def current_version(self) -> "Version | None":
        """The edition that pages and interfaces are made from; prefetch `Version.objects.current()`."""
        known = getattr(self, "_prefetched_objects_cache", {}).get("versions")
        if known is None:
            return self.versions.filter(is_current=True).first()
        return next((one for one in known if one.is_current), None)

    @property
    def format_facts(self) -> Format | None:
        """The format with its media type and its entry in the EU's table."""
        return FORMATS.get(self.format)

    @property
    def licence_facts(self) -> Licence:
        """Title and addresses of the licence."""
        return licence(self.licence or self.dataset.profile.licence)


class DataService(models.Model):
    """An interface through which datasets can be asked (dcat:DataService)."""

    get_title: Callable[[], str]
    get_description: Callable[[], str]

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    identifier = models.CharField(_("identifier"), max_length=500, blank=True)
    title = TranslatedTextField(_("title"))
    description = TranslatedTextField(_("description"), blank=True)
    publisher = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="services", verbose_name=_("publisher")
    )
    endpoint_url = models.URLField(_("address of the interface"), max_length=2000)
    endpoint_description = models.URLField(_("description of the interface"), max_length=2000, blank=True)
    documentation = models.URLField(_("page about it"), max_length=2000, blank=True)
    contact_email = models.EmailField(_("email address for questions"), blank=True)
    licence = models.CharField(_("licence"), max_length=300, blank=True)
    datasets = models.ManyToManyField(
        Dataset, blank=True, related_name="services", verbose_name=_("datasets")
    )
    hvd_categories = models.JSONField(default=list, blank=True)
    extra = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("data service")
        verbose_name_plural = _("data services")
        constraints = [
            models.CheckConstraint(condition=~Q(endpoint_url=""), name="catalogue_service_has_address"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug
