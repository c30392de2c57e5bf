"""Lists of devices, and the page of a device."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.errors import StadtkernError
from stadtkern.lorawan import services
from stadtkern.lorawan.admin.base import PER_PAGE, LorawanPage
from stadtkern.lorawan.forms import DownlinkForm
from stadtkern.lorawan.labels import Label, device_address, picture
from stadtkern.lorawan.models import Device, Redecoding
from stadtkern.lorawan.queries import device_lines, troubled
from stadtkern.lorawan.services.alarms import interval_of
from stadtkern.lorawan.services.downlinks import encode
from stadtkern.lorawan.tasks import decode_again
from stadtkern.observations.models import Datastream

UPLINKS_PER_PAGE = 20
MOST_DOWNLINKS = 10
MOST_LABELS = 200


class DeviceList(LorawanPage):
    """All devices and how they are doing."""

    template_name = "lorawan/admin/list.html"
    has_parent = False

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        q = self.request.GET.get("q", "").replace("\0", "").strip()[:100]
        shown = self.request.GET.get("show", "")
        choices = {"unknown": Device.objects.unknown(), "trouble": troubled()}
        found = choices.get(shown, Device.objects.enrolled()).matching(q).for_list()
        order = ("-state__last_seen", "eui") if shown == "unknown" else ("name", "eui")
        page = Paginator(found.order_by(*order), PER_PAGE).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            page=page,
            lines=device_lines(page.object_list),
            q=q,
            query=urlencode({"show": shown, "q": q}),
            shown=shown,
            unknown=Device.objects.unknown().count(),
            trouble=troubled().count(),
            may_change=self.may_change,
            **more,
        )


class DevicePage(LorawanPage):
    """One device: state, uplinks, series of values, messages."""

    template_name = "lorawan/admin/device.html"

    def get_page_title(self) -> str:
        """Return the name of the device."""
        return str(self.device())

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return everything about the device."""
        device = self.device()
        (line,) = device_lines([device])
        interval = interval_of(device)
        uplinks = Paginator(device.uplinks.all(), UPLINKS_PER_PAGE).get_page(self.request.GET.get("p"))
        more.setdefault("downlink_form", DownlinkForm())
        streams = (
            Datastream.objects.filter(thing=device.thing_id) if device.thing_id else Datastream.objects.none()
        )
        return super().get_context_data(
            device=device,
            line=line,
            page=uplinks,
            interval=interval,
            interval_minutes=round(interval.total_seconds() / 60) if interval else 0,
            streams=streams.select_related("observed_property", "thing", "latest", "profile").order_by("key"),
            coverage=device.coverage.select_related("gateway").order_by("-rssi"),
            downlinks=device.downlinks.select_related("ordered_by")[:MOST_DOWNLINKS],
            redecodings=Redecoding.objects.filter(device=device)[:3],
            may_change=self.may_change,
            **more,
        )


class DeviceAction(LorawanPage):
    """A button of the page of a device."""

    permission = "lorawan.change_device"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, verb: str, **_more: object) -> HttpResponse:
        """Do it and go back to the page of the device."""
        device = self.device()
        if verb == "release":
            services.release(device, by=self.user)
            messages.success(request, _("The device was taken out of service. Its readings stay."))
            return redirect("lorawan")
        if verb == "redecode":
            try:
                work = services.start_redecoding(device=device, by=self.user)
            except StadtkernError as error:
                messages.error(request, str(error))
                return redirect("lorawan-device", pk=device.pk)
            decode_again(work.pk)
            return redirect("lorawan-redecoding", pk=work.pk)
        return redirect("lorawan-device", pk=device.pk)


class SendDownlink(DevicePage):
    """The form for a message to a device."""

    permission = "lorawan.send_downlink"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **_more: object) -> HttpResponse:
        """Put the message into the queue."""
        form = DownlinkForm(request.POST)
        if not form.is_valid():
            return self.again(downlink_form=form)
        device, content, port = self.device(), form.cleaned_data["content"], form.cleaned_data["port"]
        fields: object = None
        warnings: Sequence[str] = ()
        try:
            if isinstance(content, bytes):
                payload = content
            else:
                fields = content
                payload, port, warnings = encode(device, content, port)
            services.order(
                device,
                port=port,
                payload=payload,
                fields=fields,
                is_confirmed=form.cleaned_data["is_confirmed"],
                by=self.user,
            )
        except StadtkernError as error:
            form.add_error("content", str(error))
            return self.again(downlink_form=form)
        for warning in warnings:
            messages.warning(request, warning)
        messages.success(
            request, _("The message waits for the network server. The device gets it when it next listens.")
        )
        return redirect("lorawan-device", pk=device.pk)


class LabelSheet(LorawanPage):
    """Labels to print: of one device, or of all that a search finds."""

    template_name = "lorawan/admin/labels.html"
    page_title = gettext_lazy("Labels")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the labels."""
        chosen = (
            Device.objects.enrolled()
            .select_related("profile")
            .matching(self.request.GET.get("q", "").replace("\0", "")[:100])
        )
        if "pk" in self.kwargs:
            chosen = Device.objects.filter(pk=self.kwargs["pk"]).select_related("profile")
        labels = [self.label(device) for device in chosen.order_by("name", "eui")[:MOST_LABELS]]
        return super().get_context_data(labels=labels, **more)

    @staticmethod
    def label(device: Device) -> dict[str, object]:
        """Return what stands on a label: our address, and the text for the network server (TR005)."""
        address = device_address(settings.PUBLIC_URL, device.eui)
        profile = device.profile
        alliance = ""
        if device.join_eui:
            numbers = ((profile and profile.vendor_number) or 0, (profile and profile.profile_number) or 0)
            alliance = Label(
                join_eui=device.join_eui,
                dev_eui=device.eui,
                vendor=numbers[0],
                profile=numbers[1],
                serial=device.serial,
            ).text
        return {
            "device": device,
            "address": address,
            "picture": picture(address),
            "alliance": alliance,
            "alliance_picture": picture(alliance) if alliance else "",
        }


class RedecodingPage(LorawanPage):
    """How far decoding once more has come, and what it changed."""

    template_name = "lorawan/admin/redecoding.html"
    page_title = gettext_lazy("Decode history once more")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the run with its changes."""
        work = get_object_or_404(
            Redecoding.objects.select_related("profile", "device", "started_by"), pk=self.kwargs["pk"]
        )
        changes = Paginator(work.changes.select_related("device"), PER_PAGE)
        return super().get_context_data(work=work, page=changes.get_page(self.request.GET.get("p")), **more)
