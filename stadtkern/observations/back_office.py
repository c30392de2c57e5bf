"""What the pages about sensor data in the back office share."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.people.models import User

PER_PAGE = 50
MOST_AT_ONCE = 2000
"""Rows that one button may act upon."""


class DataPage(WagtailAdminTemplateMixin, TemplateView):
    """Rights and page furniture."""

    permission = ""
    crumbs: Sequence[tuple[Any, str | Promise]] = ()
    """Address and title of the pages above, the highest first."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        above = [{"url": url, "label": label} for url, label in self.crumbs]
        return [*self.breadcrumbs_items, *above, {"url": "", "label": self.get_page_title()}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user


def text_of(request: HttpRequest, name: str, most: int = 200) -> str:
    """Return a parameter of the address without what no database takes."""
    return request.GET.get(name, "").replace("\0", "").strip()[:most]


def chosen_keys(request: HttpRequest, fitting: "QuerySet[Any, Any]") -> list[int]:
    """Return the rows that a button is meant for: those ticked, or all that fit the filter."""
    if request.POST.get("all") == "yes":
        return list(fitting.values_list("pk", flat=True)[:MOST_AT_ONCE])
    given = request.POST.getlist("row")[:MOST_AT_ONCE]
    keys = [int(key) for key in given if key.isascii() and key.isdigit() and len(key) < 19]  # noqa: PLR2004  # 64 bits
    return list(fitting.filter(pk__in=keys).values_list("pk", flat=True))


def in_order(model: type[Model], keys: Sequence[int]) -> "QuerySet[Any, Any]":
    """Return rows by their keys."""
    return model._default_manager.filter(pk__in=keys).order_by("pk")  # noqa: SLF001  # Django's name for it
