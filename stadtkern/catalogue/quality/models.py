"""Whether addresses in the catalogue still lead somewhere."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LinkQuerySet(models.QuerySet["Link"]):
    """Selections of addresses."""

    def due(self, before: datetime) -> Self:
        """Return those that were not asked since, the longest waiting first."""
        found = self.filter(Q(checked_at=None) | Q(checked_at__lt=before))
        return found.order_by(models.F("checked_at").asc(nulls_first=True), "pk")

    def broken(self) -> Self:
        """Return those that did not answer when they were last asked."""
        return self.exclude(checked_at=None).filter(is_ok=False)


class Link(models.Model):
    """An address outside that a distribution names, and what it answered when it was last asked."""

    url = models.CharField(_("address"), max_length=2000, unique=True)
    is_ok = models.BooleanField(_("answers"), default=False)
    status = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)
    checked_at = models.DateTimeField(_("asked"), null=True, blank=True, db_index=True)
    failing_since = models.DateTimeField(_("fails since"), null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["url"]
        verbose_name = _("checked address")
        verbose_name_plural = _("checked addresses")

    def __str__(self) -> str:
        return self.url
