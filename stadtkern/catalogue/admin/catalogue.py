"""Lists and whole forms of the catalogue: datasets, series, publishers, data services."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, HelpPanel, ObjectList, TabbedInterface
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import ListingButton
from wagtail.snippets.views.snippets import CreateView, EditView, IndexView, SnippetViewSet

from stadtkern.catalogue.admin.advising import advice_on
from stadtkern.catalogue.forms.describe import DatasetForm
from stadtkern.catalogue.models import Agent, DataService, Dataset, DatasetSeries
from stadtkern.people.models import User
from stadtkern.people.policy import RulesPermissionPolicy

HOOK = "register_open_data_menu_item"
ADVICE = "catalogue/admin/advice_panel.html"


class DatasetPolicy(RulesPermissionPolicy):
    """Our rules; who is to approve a dataset may also open its form."""

    def user_has_permission_for_instance(self, user: User, action: str, instance: Any) -> bool:  # noqa: ANN401
        """Return whether the person may do this with this dataset."""
        if super().user_has_permission_for_instance(user, action, instance):
            return True
        if action != "change" or not isinstance(instance, Dataset):
            return False
        task = instance.current_workflow_task
        return task is not None and bool(task.user_can_access_editor(instance, user))


class DatasetList(IndexView):
    """All datasets with their publishers."""

    def get_base_queryset(self) -> QuerySet[Dataset]:
        """Return the datasets and, in the same query, what the list shows of others."""
        found: QuerySet[Dataset] = super().get_base_queryset()
        return found.select_related("publisher", "profile", "latest_revision")

    def get_list_buttons(self, instance: Dataset) -> list[Any]:
        """Offer the page of its tables first."""
        return [
            ListingButton(
                _("Tables and approval"),
                url=reverse("open-data-dataset", args=[instance.pk]),
                icon_name="table",
                priority=5,
            ),
            *super().get_list_buttons(instance),
        ]


class WithAdvice:
    """Shows beside the form what could be better."""

    def get_bound_panel(self, form: Any) -> Any:  # noqa: ANN401  # Wagtail's panels
        """Give the panels of advice what they show."""
        panel: Any = super().get_bound_panel(form)  # type: ignore[misc]  # of the view
        dataset = form.instance
        url = (
            reverse("open-data-advice", args=[dataset.pk]) if dataset.pk else reverse("open-data-advice-new")
        )
        form.advice, form.advice_url = advice_on(dataset), url
        return panel


class NewDataset(WithAdvice, CreateView):
    """The whole form, empty."""


class EditDataset(WithAdvice, EditView):
    """The whole form, for those who look after the dataset or approve it."""

    def get_object(self, queryset: Any = None) -> Dataset:  # noqa: ANN401
        """Return the dataset as last written; an editor of another organisation is turned away."""
        dataset: Dataset = super().get_object(queryset)
        policy = DatasetPolicy(Dataset)
        if not policy.user_has_permission_for_instance(self.request.user, "change", self.live_object):
            raise PermissionDenied
        return dataset

    def publish_action(self) -> HttpResponse | None:
        """Publish with all that goes along, or not at all."""
        with transaction.atomic():
            answer: HttpResponse | None = super().publish_action()
        return answer


class AdvicePanel(HelpPanel):
    """What could be better, told while somebody writes."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**{"heading": _("What is missing"), **kwargs, "template": ADVICE})

    def clone_kwargs(self) -> dict[str, Any]:
        """Return what a copy needs."""
        kwargs: dict[str, Any] = super().clone_kwargs()
        return {name: one for name, one in kwargs.items() if name not in {"content", "template"}}


def _panels(*names: str) -> list[FieldPanel]:
    return [FieldPanel(name) for name in names]


class DatasetViewSet(SnippetViewSet):
    """The whole description of a dataset."""

    model = Dataset
    icon = "table"
    menu_label = _("Datasets")
    menu_name = "open-data-datasets"
    menu_order = 200
    menu_hook = HOOK
    add_to_admin_menu = False
    copy_view_enabled = False
    admin_url_namespace = "open-data-catalogue"
    base_url_path = "open-data/catalogue"
    index_view_class = DatasetList
    add_view_class = NewDataset
    edit_view_class = EditDataset
    list_per_page = 50
    list_display = [
        "__str__",
        Column("publisher", label=capfirst(_("publisher"))),
        Column("get_origin_display", label=_("Origin"), sort_key="origin"),
        DateColumn("modified", label=capfirst(_("last change of the data")), sort_key="modified"),
        Column("get_state", label=_("State")),
    ]
    list_filter = ["origin", "publisher", "profile", "live"]
    search_fields = ["slug", "title", "identifier"]
    ordering = ["slug"]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    AdvicePanel(),
                    *_panels("title", "summary", "description", "keywords", "themes", "profile", "publisher"),
                ],
                heading=_("What it is"),
            ),
            ObjectList(
                _panels(
                    *("temporal_start", "temporal_end", "frequency", "area", "level", "series"),
                    *("contact_name", "contact_email", "contact_url"),
                ),
                heading=_("When, where, who"),
            ),
            ObjectList(
                _panels(
                    *("hvd_categories", "availability", "language", "landing_page", "provenance"),
                    *("identifier", "slug"),
                ),
                heading=_("For other catalogues"),
            ),
        ],
        base_form_class=DatasetForm,
    )


class CatalogueViewSet(ModelViewSet):
    """What the small lists share."""

    menu_hook = HOOK
    copy_view_enabled = False
    list_per_page = 50
    ordering = ["slug"]

    def formfield_for_dbfield(self, db_field: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # Wagtail's signature
        """Take an address without a scheme for a safe one."""
        if isinstance(db_field, models.URLField):
            kwargs.setdefault("assume_scheme", "https")
        return super().formfield_for_dbfield(db_field, **kwargs)


class SeriesViewSet(CatalogueViewSet):
    """Series of datasets."""

    model = DatasetSeries
    name = "open-data-series"
    icon = "list-ul"
    menu_label = _("Series")
    menu_order = 500
    list_display = ["__str__", Column("publisher", label=capfirst(_("publisher")))]
    form_fields = ["title", "description", "slug", "publisher", "frequency"]


class AgentViewSet(CatalogueViewSet):
    """Publishers."""

    model = Agent
    name = "open-data-publishers"
    icon = "group"
    menu_label = _("Publishers")
    menu_order = 600
    list_display = ["__str__", Column("organisation", label=capfirst(_("organisation")))]
    search_fields = ["slug", "name"]
    form_fields = ["name", "slug", "organisation", "uri", "homepage", "email"]


class ServiceViewSet(CatalogueViewSet):
    """Interfaces through which datasets can be asked."""

    model = DataService
    name = "open-data-services"
    icon = "site"
    menu_label = _("Data services")
    menu_order = 700
    list_display = ["__str__", Column("publisher", label=capfirst(_("publisher"))), "endpoint_url"]
    search_fields = ["slug", "title"]
    form_fields = [
        *(
            "title",
            "description",
            "slug",
            "publisher",
            "endpoint_url",
            "endpoint_description",
            "documentation",
        ),
        *("contact_email", "licence", "datasets"),
    ]


def to_list(request: HttpRequest) -> HttpResponse:
    """Lead to the list of datasets."""
    if not request.user.has_perm("catalogue.view_dataset"):
        raise PermissionDenied
    return redirect("open-data-catalogue:list")
