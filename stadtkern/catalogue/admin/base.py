"""What all pages about open data share: rights, place, the objects of the address."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.base.errors import StadtkernError
from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.people.models import User

PER_PAGE = 50
Crumb = dict[str, object]


class OpenDataPage(WagtailAdminTemplateMixin, TemplateView):
    """A page about datasets."""

    permission = "catalogue.view_dataset"
    header_icon = "table"
    page_title = gettext_lazy("Open data")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may; what a service refuses is told above the page it came from."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    @property
    def is_fragment(self) -> bool:
        """Whether a script asks for a part of the page."""
        return self.request.headers.get("HX-Request") == "true"

    def parents(self) -> list[Crumb]:
        """Return the pages above this one."""
        return [{"url": reverse_lazy("open-data-datasets"), "label": gettext_lazy("Datasets")}]

    def get_breadcrumbs_items(self) -> list[Crumb]:
        """Return where the page stands."""
        return [*self.breadcrumbs_items, *self.parents(), {"url": "", "label": self.get_page_title()}]

    def again(self, error: StadtkernError | None = None, **context: Any) -> HttpResponse:  # noqa: ANN401
        """Show the page with what was typed; something in it is wrong."""
        text = str(error) if error else gettext_lazy("Please look at the fields marked below.")
        messages.error(self.request, text)
        return self.render_to_response(
            self.get_context_data(**context), status=error.status if error else 422
        )


class DatasetPage(OpenDataPage):
    """A page about one dataset."""

    @cached_property
    def dataset(self) -> Dataset:
        """Find the dataset of the address, as the public sees it."""
        datasets = Dataset.objects.select_related("profile__owner", "publisher", "series")
        return get_object_or_404(datasets, pk=self.kwargs["pk"])

    @property
    def may_change(self) -> bool:
        """Whether the person looks after it."""
        return self.user.has_perm("catalogue.change_dataset", self.dataset)

    def demand_change(self) -> None:
        """Turn away who does not look after it."""
        if not self.may_change:
            raise PermissionDenied

    def parents(self) -> list[Crumb]:
        """Return the list and the dataset."""
        here: Crumb = {
            "url": reverse("open-data-dataset", args=[self.dataset.pk]),
            "label": str(self.dataset),
        }
        return [*super().parents(), here]


class TablePage(DatasetPage):
    """A page about one distribution."""

    @cached_property
    def distribution(self) -> Distribution:
        """Find the distribution of the address."""
        found = Distribution.objects.select_related("dataset__profile__owner", "dataset__publisher")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @cached_property
    def dataset(self) -> Dataset:
        """Its dataset."""
        return self.distribution.dataset

    def parents(self) -> list[Crumb]:
        """Return the list, the dataset, and the distribution."""
        here: Crumb = {
            "url": reverse("open-data-table", args=[self.distribution.pk]),
            "label": str(self.distribution),
        }
        return [*super().parents(), here]


class VersionPage(TablePage):
    """A page about one version."""

    @cached_property
    def version(self) -> Version:
        """Find the version of the address."""
        found = Version.objects.select_related(
            "distribution__dataset__profile__owner", "distribution__dataset__publisher", "created_by"
        )
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @cached_property
    def distribution(self) -> Distribution:
        """Its table."""
        return self.version.distribution
