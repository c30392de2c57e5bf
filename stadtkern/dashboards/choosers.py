"""Choosing a datastream in the back office; a tile keeps its key."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.views.generic.chooser import (
    ChooseResultsView,
    ChooseView,
    ChosenMultipleView,
    ChosenView,
)
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets.chooser import BaseChooser
from wagtail.blocks import FieldBlock

from stadtkern.observations.models import Datastream


def public_datastreams() -> QuerySet[Datastream]:
    """Return the datastreams a tile may show, with what their names are made of."""
    streams = Datastream.objects.public()
    return streams.select_related("thing", "observed_property").order_by("thing__name", "key")


def matching(streams: QuerySet[Datastream], words: str) -> QuerySet[Datastream]:
    """Keep the datastreams whose place, property, name or key contain each word."""
    for word in words.split()[:8]:
        streams = streams.filter(
            Q(key__icontains=word)
            | Q(name__icontains=word)
            | Q(thing__name__icontains=word)
            | Q(observed_property__name__icontains=word)
            | Q(observed_property__slug__icontains=word)
        )
    return streams


class SearchForm(BaseFilterForm):
    """A search over place, property and key."""

    q = forms.CharField(
        label=_("Search term"),
        widget=forms.TextInput(attrs={"placeholder": _("Place, what is measured, or key")}),
        required=False,
    )

    def filter(self, objects: QuerySet[Datastream]) -> QuerySet[Datastream]:
        """Keep what the words ask for."""
        objects = super().filter(objects)
        if words := self.cleaned_data.get("q"):
            self.is_searching, self.search_query = True, words
            return matching(objects, words)
        return objects


class ByKey:
    """The chosen datastream is handed over by its key."""

    def get_object_id(self, instance: Datastream) -> str:
        """Return the key, which stays the same when a town is built anew."""
        return instance.key

    def get_display_title(self, instance: Datastream) -> str:
        """Return the name for people."""
        return instance.label


class Listing:
    """The list of public datastreams with search."""

    filter_form_class = SearchForm
    ordering = None

    def get_object_list(self) -> QuerySet[Datastream]:
        """Return what a tile may show."""
        return public_datastreams()

    @property
    def title_column(self) -> Any:  # noqa: ANN401  # Wagtail's table column
        """Show the name for people instead of the key."""
        column = super().title_column  # type: ignore[misc]  # mixed into Wagtail's views
        column.accessor = lambda stream: f"{stream.label} - {stream.key}"
        return column


class DatastreamChooseView(Listing, ChooseView):
    """The dialogue."""


class DatastreamResultsView(Listing, ChooseResultsView):
    """The part of it that changes with the search."""


class DatastreamChosenView(ByKey, ChosenView):
    """One was chosen."""


class DatastreamChosenMultipleView(ByKey, ChosenMultipleView):
    """Several were chosen."""


class KeyChooser(BaseChooser):
    """The widget; its value is a key."""

    show_edit_link = False

    def get_instance(self, value: object) -> Datastream | None:
        """Return the datastream of a key."""
        if isinstance(value, Datastream):
            return value
        if not value:
            return None
        return Datastream.objects.select_related("thing", "observed_property").filter(key=value).first()

    def get_value_data_from_instance(self, instance: Datastream) -> dict[str, Any]:
        """Return what the widget shows for it."""
        return {"id": instance.key, "edit_url": None, self.display_title_key: instance.label}

    def get_value_data(self, value: object) -> dict[str, Any] | None:
        """Keep a key whose datastream is not there (yet), so that saving the page does not lose it."""
        if instance := self.get_instance(value):
            return self.get_value_data_from_instance(instance)
        return {"id": value, "edit_url": None, self.display_title_key: value} if value else None


class DatastreamChooserViewSet(ChooserViewSet):
    """The pages behind the dialogue."""

    model = Datastream
    icon = "order"
    choose_one_text = _("Choose a series of measurements")
    choose_another_text = _("Choose another series of measurements")
    choose_view_class = DatastreamChooseView
    choose_results_view_class = DatastreamResultsView
    chosen_view_class = DatastreamChosenView
    chosen_multiple_view_class = DatastreamChosenMultipleView
    base_widget_class = KeyChooser
    register_widget = False
    per_page = 20

    def get_object_list(self) -> QuerySet[Datastream]:
        """Return what a tile may show."""
        return public_datastreams()


datastream_chooser = DatastreamChooserViewSet("datastream_chooser")


class DatastreamKeyBlock(FieldBlock):
    """A datastream, kept by its key."""

    def __init__(self, *, required: bool = True, help_text: str = "", **kwargs: Any) -> None:  # noqa: ANN401
        widget = datastream_chooser.widget_class()
        self.field = forms.CharField(required=required, help_text=help_text, widget=widget, max_length=420)
        super().__init__(**kwargs)

    def get_form_state(self, value: str | None) -> dict[str, Any] | None:
        """Return what the widget shows for a chosen key: the key alone leaves the editor empty."""
        state: dict[str, Any] | None = self.field.widget.get_value_data(value)
        return state

    class Meta:
        icon = "order"
        default = None
