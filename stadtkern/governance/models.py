"""The data concept of a town."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.people.models import Organisation
from stadtkern.web.fields import TranslatedTextField


class DataProfile(models.Model):
    """Why some data are held, on what ground, by whom, under which licence and for how long."""

    slug = models.SlugField(unique=True)
    title = TranslatedTextField(_("title"))
    purpose = TranslatedTextField(_("purpose"))
    legal_basis = TranslatedTextField(_("legal basis"))
    has_personal_data = models.BooleanField(_("contains personal data"), default=False)
    owner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="data_profiles")
    licence = models.CharField(_("licence"), max_length=40, help_text=_("Code such as dl-de/by-2-0"))
    attribution = models.CharField(_("attribution"), max_length=300, blank=True)
    retention = models.DurationField(
        _("retention"), null=True, blank=True, help_text=_("Empty: kept for good")
    )
    update_rhythm = models.DurationField(_("update rhythm"), null=True, blank=True)
    quality = TranslatedTextField(_("quality"), blank=True)
    is_published = models.BooleanField(_("published"), default=False)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.get_title() or self.slug
