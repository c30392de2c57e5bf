"""Views of tables that editors keep: a chart, a map or a filtered table with a name."""

from collections.abc import Callable

from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models.distributions import Distribution
from stadtkern.people.models import User
from stadtkern.web.fields import TranslatedTextField, in_language


class SavedView(models.Model):
    """A named question to a table with the way it is shown; what readers share is the address itself."""

    get_title: Callable[[], str]

    distribution = models.ForeignKey(
        Distribution, on_delete=models.CASCADE, related_name="views", verbose_name=_("distribution")
    )
    title = TranslatedTextField(_("title"))
    query = models.CharField(_("query"), max_length=2000)
    """Of the address of the table's page, without the question mark."""
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["distribution", "query"], name="catalogue_view_once"),
        ]

    def __str__(self) -> str:
        return in_language(self.title)[0] or self.query
