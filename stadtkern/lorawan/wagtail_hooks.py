"""Our place in the back office."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from stadtkern.lorawan.admin import bulk, devices, profiles, wizard


class LorawanMenuItem(MenuItem):
    """The entry in the menu, for those who may look after devices."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Return whether the person sees the entry."""
        return request.user.has_perm("lorawan.view_device")


@hooks.register("register_admin_urls")
def lorawan_urls() -> list[URLPattern]:
    """Return the addresses of the pages about LoRaWAN."""
    return [
        path("lorawan/", devices.DeviceList.as_view(), name="lorawan"),
        path("lorawan/new/", wizard.WhichDevice.as_view(), name="lorawan-new"),
        path("lorawan/import/", bulk.ImportDevices.as_view(), name="lorawan-import"),
        path("lorawan/labels/", devices.LabelSheet.as_view(), name="lorawan-labels"),
        path("lorawan/gateways/", bulk.GatewayList.as_view(), name="lorawan-gateways"),
        path("lorawan/gateways/<int:pk>/", bulk.GatewayEditor.as_view(), name="lorawan-gateway"),
        path("lorawan/profiles/", profiles.ProfileList.as_view(), name="lorawan-profiles"),
        path("lorawan/profiles/new/", profiles.ProfileEditor.as_view(), name="lorawan-profile-new"),
        path("lorawan/profiles/<int:pk>/", profiles.ProfileEditor.as_view(), name="lorawan-profile"),
        path(
            "lorawan/profiles/<int:pk>/redecode/",
            profiles.ProfileAction.as_view(),
            name="lorawan-profile-redecode",
        ),
        path("lorawan/redecodings/<int:pk>/", devices.RedecodingPage.as_view(), name="lorawan-redecoding"),
        path("lorawan/<int:pk>/", devices.DevicePage.as_view(), name="lorawan-device"),
        path("lorawan/<int:pk>/kind/", wizard.WhichKind.as_view(), name="lorawan-kind"),
        path("lorawan/<int:pk>/fields/", wizard.WhatItMeasures.as_view(), name="lorawan-fields"),
        path("lorawan/<int:pk>/label/", devices.LabelSheet.as_view(), name="lorawan-label"),
        path("lorawan/<int:pk>/downlink/", devices.SendDownlink.as_view(), name="lorawan-downlink"),
        path("lorawan/<int:pk>/<slug:verb>/", devices.DeviceAction.as_view(), name="lorawan-action"),
    ]


@hooks.register("register_sensor_data_menu_item")
def lorawan_menu_item() -> MenuItem:
    """Return the entry in the menu."""
    return LorawanMenuItem(_("LoRaWAN"), reverse_lazy("lorawan"), icon_name="mobile-alt", order=300)


@hooks.register("insert_global_admin_css")
def lorawan_css() -> SafeString:
    """Return the style of our tables and labels."""
    return format_html('<link rel="stylesheet" href="{}">', static("lorawan/admin.css"))
