"""What all pages about LoRaWAN share: rights, place, page furniture."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from stadtkern.lorawan.models import Device
from stadtkern.people.models import User

PER_PAGE = 50


class LorawanPage(WagtailAdminTemplateMixin, TemplateView):
    """A page about devices."""

    permission = "lorawan.view_device"
    header_icon = "mobile-alt"
    page_title = gettext_lazy("LoRaWAN devices")
    has_parent = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
        """Let in who may."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, object]]:
        """Return where the page stands."""
        items: list[dict[str, object]] = list(self.breadcrumbs_items)
        if self.has_parent:
            items.append({"url": reverse_lazy("lorawan"), "label": gettext_lazy("LoRaWAN devices")})
            return [*items, {"url": "", "label": self.get_page_title()}]
        return [*items, {"url": "", "label": gettext_lazy("LoRaWAN devices")}]

    @property
    def user(self) -> User:
        """Who is working here."""
        if not isinstance(self.request.user, User):
            raise PermissionDenied
        return self.request.user

    @property
    def may_change(self) -> bool:
        """Whether the person may do more than look."""
        return self.user.has_perm("lorawan.change_device")

    def device(self) -> Device:
        """Return the device of the address."""
        if not hasattr(self, "_device"):
            self._device = get_object_or_404(Device.objects.for_list(), pk=self.kwargs["pk"])
        return self._device

    def again(self, **context: Any) -> HttpResponse:  # noqa: ANN401
        """Show the page with what was typed; something in it is wrong."""
        messages.error(self.request, gettext_lazy("Please look at the fields marked below."))
        return self.render_to_response(self.get_context_data(**context), status=422)
