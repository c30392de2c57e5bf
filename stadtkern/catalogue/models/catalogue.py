"""Who publishes, in which series, under which keywords."""

from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.people.models import Organisation
from stadtkern.web.fields import TranslatedTextField, in_language


class Agent(models.Model):
    """Who publishes, makes or keeps data (foaf:Agent): one of our organisations or somebody outside."""

    get_name: Callable[[], str]

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    name = TranslatedTextField(_("name"))
    organisation = models.OneToOneField(
        Organisation,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="agent",
        verbose_name=_("organisation"),
        help_text=_("If it is the town or a part of it."),
    )
    uri = models.URLField(
        _("identifier"), max_length=500, blank=True, help_text=_("Its lasting address in other catalogues.")
    )
    homepage = models.URLField(_("homepage"), max_length=500, blank=True)
    email = models.EmailField(_("email address"), blank=True)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("publisher")
        verbose_name_plural = _("publishers")
        constraints = [
            models.UniqueConstraint(fields=["uri"], condition=~models.Q(uri=""), name="catalogue_agent_uri")
        ]

    def __str__(self) -> str:
        return in_language(self.name)[0] or self.slug


class DatasetSeries(models.Model):
    """Datasets that are published separately and belong together (dcat:DatasetSeries): one for each year."""

    get_title: Callable[[], str]
    get_description: Callable[[], str]

    slug = models.SlugField(_("short name"), max_length=100, unique=True)
    title = TranslatedTextField(_("title"))
    description = TranslatedTextField(_("description"))
    publisher = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="series", verbose_name=_("publisher")
    )
    frequency = models.CharField(_("rhythm"), max_length=20, blank=True)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("series of datasets")
        verbose_name_plural = _("series of datasets")

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.slug


class Keyword(models.Model):
    """A word by which datasets are found (dcat:keyword), in the language it was given in."""

    word = models.CharField(_("keyword"), max_length=100)
    slug = models.SlugField(max_length=100)
    language = models.CharField(_("language"), max_length=5, blank=True)

    class Meta:
        ordering = ["word"]
        verbose_name = _("keyword")
        verbose_name_plural = _("keywords")
        constraints = [models.UniqueConstraint(fields=["word", "language"], name="catalogue_keyword_once")]
        indexes = [models.Index(fields=["slug"], name="catalogue_keyword_slug")]

    def __str__(self) -> str:
        return self.word
