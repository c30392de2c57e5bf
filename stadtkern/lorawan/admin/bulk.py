"""Many devices at once, and gateways."""

from typing import Any

from django.contrib.gis.geos import Point
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.errors import BadInput
from stadtkern.lorawan.admin.base import PER_PAGE, LorawanPage
from stadtkern.lorawan.forms import CsvForm, GatewayForm
from stadtkern.lorawan.models import Gateway
from stadtkern.lorawan.queries import gateway_lines
from stadtkern.lorawan.services.enrolment import COLUMNS, import_csv
from stadtkern.lorawan.services.labels import csv_of_labels


class ImportDevices(LorawanPage):
    """A list of devices out of a file, or a heap of scanned labels."""

    permission = "lorawan.add_device"
    template_name = "lorawan/admin/import.html"
    page_title = gettext_lazy("Set up many devices")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", CsvForm())
        return super().get_context_data(columns=COLUMNS, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Check, or bring the devices in."""
        form = CsvForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.again(form=form)
        is_trial = request.POST.get("action") != "save"
        try:
            file = form.cleaned_data["file"]
            body = file.read() if file else csv_of_labels(form.cleaned_data["labels"])
            report = import_csv(body, by=self.user, dry_run=is_trial)
        except BadInput as error:
            form.add_error("file" if form.cleaned_data["file"] else "labels", str(error))
            return self.again(form=form)
        if report.problems or is_trial:
            status = 422 if report.problems else 200
            return self.render_to_response(self.get_context_data(form=form, report=report), status=status)
        messages.success(
            request,
            _("%(made)d devices were set up, %(changed)d changed.")
            % {"made": report.made, "changed": report.changed},
        )
        return redirect("lorawan")


class GatewayList(LorawanPage):
    """All gateways."""

    template_name = "lorawan/admin/gateways.html"
    page_title = gettext_lazy("Gateways")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        found = Gateway.objects.order_by("name", "gateway_id")
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        lines = gateway_lines(
            Gateway.objects.filter(pk__in=[one.pk for one in page]).order_by("name", "gateway_id")
        )
        may = self.user.has_perm("lorawan.change_gateway")
        return super().get_context_data(page=page, lines=lines, may_change=may, **more)


class GatewayEditor(LorawanPage):
    """Name and place of a gateway."""

    permission = "lorawan.change_gateway"
    template_name = "lorawan/admin/gateway.html"

    def get_page_title(self) -> str:
        """Return the name of the gateway."""
        return str(self.gateway())

    def gateway(self) -> Gateway:
        """Return the gateway of the address."""
        if not hasattr(self, "_gateway"):
            self._gateway = get_object_or_404(Gateway, pk=self.kwargs["pk"])
        return self._gateway

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form, and whom the gateway hears."""
        more.setdefault("form", GatewayForm(instance=self.gateway()))
        heard = self.gateway().coverage.select_related("device").order_by("-rssi")
        page = Paginator(heard, PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(gateway=self.gateway(), page=page, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store name and place."""
        form = GatewayForm(request.POST, instance=self.gateway())
        if not form.is_valid():
            return self.again(form=form)
        gateway: Gateway = form.instance
        longitude, latitude = form.cleaned_data["longitude"], form.cleaned_data["latitude"]
        place = None if longitude is None else Point(longitude, latitude, srid=4326)
        if (place and place.tuple) != (gateway.location and gateway.location.tuple):
            gateway.location, gateway.is_placed_by_hand = place, place is not None
        gateway.save()
        messages.success(request, _("The gateway was saved."))
        return redirect("lorawan-gateways")
