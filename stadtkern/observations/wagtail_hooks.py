"""Sensor data in the back office."""

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from stadtkern.observations.derived import admin as derived
from stadtkern.observations.quarantine_admin import QuarantineList
from stadtkern.observations.thing_admin import ThingBulk, ThingEdit, ThingList

menu = Menu(
    register_hook_name="register_sensor_data_menu_item",
    construct_hook_name="construct_sensor_data_menu",
)
"""Everything about measured data; `ingest`, `lorawan` and `upkeep` add their entries."""


@hooks.register("register_admin_menu_item")
def sensor_data_menu() -> MenuItem:
    """Return the entry under which everything about measured data stands."""
    return SubmenuMenuItem(
        pgettext_lazy("menu", "Sensor data"), menu, name="sensor-data", icon_name="site", order=305
    )


class ThingsMenuItem(MenuItem):
    """The sensors, for those who work in the back office."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return bool(request.user.has_perm("observations.view_thing"))


class QuarantineMenuItem(MenuItem):
    """The quarantine, for those who may see it."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return bool(request.user.has_perm("observations.view_quarantinedreading"))


@hooks.register("register_admin_urls")
def admin_urls() -> list[URLPattern]:
    """Return the addresses of our pages."""
    return [
        path("things/", ThingList.as_view(), name="thing-list"),
        path("things/many/", ThingBulk.as_view(), name="things-bulk"),
        path("things/<int:pk>/", ThingEdit.as_view(), name="thing-edit"),
        path("quarantine/", QuarantineList.as_view(), name="quarantine"),
    ]


@hooks.register("register_sensor_data_menu_item")
def things_menu_item() -> MenuItem:
    """Return the entry of the sensors."""
    return ThingsMenuItem(_("Sensors"), reverse_lazy("thing-list"), icon_name="site", order=100)


@hooks.register("register_sensor_data_menu_item")
def quarantine_menu_item() -> MenuItem:
    """Return the entry of the quarantine."""
    return QuarantineMenuItem(_("Quarantine"), reverse_lazy("quarantine"), icon_name="warning", order=700)


class DerivedMenuItem(MenuItem):
    """The entry of the virtual series, for those who may see them."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("observations.view_derivedstream")


@hooks.register("register_admin_urls")
def derived_urls() -> list[URLPattern]:
    """Return the addresses of the pages about virtual series."""
    return [
        path("derived/", derived.DerivedList.as_view(), name="derived"),
        path("derived/new/<slug:kind>/", derived.DerivedEditor.as_view(), name="derived-new"),
        path("derived/<int:pk>/", derived.DerivedEditor.as_view(), name="derived-edit"),
        path("derived/<int:pk>/delete/", derived.DerivedAction.as_view(), name="derived-delete"),
    ]


@hooks.register("register_sensor_data_menu_item")
def derived_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return DerivedMenuItem(_("Virtual series"), reverse_lazy("derived"), icon_name="code", order=400)
