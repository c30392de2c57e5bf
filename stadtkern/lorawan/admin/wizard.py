"""Setting a device up in three steps: which device, which kind, which field becomes which series of values.

Each step is a page of its own that works without scripts. Nothing but the bare device is stored before the
last one.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.errors import BadInput
from stadtkern.lorawan import services
from stadtkern.lorawan.admin.base import LorawanPage
from stadtkern.lorawan.engine.pool import Script
from stadtkern.lorawan.forms import (
    DeviceForm,
    FieldRows,
    LabelForm,
    ProfileForm,
    initial_rows,
    property_choices,
    unit_choices,
)
from stadtkern.lorawan.labels import Label
from stadtkern.lorawan.models import Device, DeviceProfile
from stadtkern.lorawan.queries import normal_readings, preview, suggestions
from stadtkern.lorawan.services.decoding import codec_pool
from stadtkern.lorawan.services.profiles import by_label


class Wizard(LorawanPage):
    """What the three steps share."""

    permission = "lorawan.change_device"
    page_title = gettext_lazy("Set up a device")
    step = 1

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the steps."""
        steps = (_("Which device"), _("Which kind"), _("What it measures"))
        return super().get_context_data(steps=list(enumerate(steps, start=1)), step=self.step, **more)


class WhichDevice(Wizard):
    """The first step."""

    permission = "lorawan.add_device"
    template_name = "lorawan/admin/which_device.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form, and the devices that were heard and are not set up."""
        more.setdefault("form", LabelForm())
        heard = Device.objects.unknown().select_related("state").order_by("-state__last_seen")[:10]
        return super().get_context_data(heard=heard, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Find or make the device and go on."""
        form = LabelForm(request.POST)
        if not form.is_valid():
            return self.again(form=form)
        label: Label = form.cleaned_data["label"]
        device, _made = Device.objects.get_or_create(eui=label.dev_eui)
        device.join_eui = label.join_eui or device.join_eui
        device.serial = label.serial[:100] or device.serial
        device.save(update_fields=["join_eui", "serial"])
        profile = by_label(label.vendor, label.profile)
        query = f"?profile={profile.pk}" if profile else ""
        return redirect(reverse("lorawan-kind", args=[device.pk]) + query)


class WhichKind(Wizard):
    """The second step."""

    step = 2
    template_name = "lorawan/admin/which_kind.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form with a look at the bytes of the device."""
        device = self.device()
        wanted = self.request.GET.get("profile", "")
        more.setdefault(
            "form",
            ProfileForm(
                initial={
                    "name": device.name,
                    "profile": int(wanted) if wanted.isdecimal() else device.profile_id,
                }
            ),
        )
        return super().get_context_data(device=device, uplinks=device.uplinks.all()[:3], **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Look whether the codec can be loaded and go on."""
        form = ProfileForm(request.POST)
        if form.is_valid():
            codec = form.cleaned_data["profile"].codec
            try:
                if codec is None:
                    form.add_error("profile", _("This profile has no codec."))
                else:
                    codec_pool().functions(Script(codec.script, codec.digest))
            except BadInput as error:
                form.add_error("profile", _("Its codec cannot be loaded: %(reason)s") % {"reason": error})
        if not form.is_valid():
            return self.again(form=form)
        request.session[f"lorawan-name-{self.device().pk}"] = form.cleaned_data["name"]
        address = reverse("lorawan-fields", args=[self.device().pk])
        return redirect(f"{address}?profile={form.cleaned_data['profile'].pk}")


class WhatItMeasures(Wizard):
    """The third step: the fields, with a preview of the last uplinks."""

    step = 3
    template_name = "lorawan/admin/what_it_measures.html"

    def profile(self) -> DeviceProfile | None:
        """Return the profile chosen in the step before, else that of the device."""
        wanted = self.request.GET.get("profile", "")
        found = (
            DeviceProfile.objects.select_related("codec").filter(pk=int(wanted)).first()
            if wanted.isdecimal()
            else None
        )
        return found or self.device().profile

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Show the step; without a profile there is nothing to map."""
        if self.profile() is None:
            return redirect("lorawan-kind", pk=self.device().pk)
        return super().get(request, *args, **kwargs)

    def subject(self) -> Device:
        """Return the device as it is being set up."""
        device = self.device()
        device.profile = self.profile()
        device.name = self.request.session.get(f"lorawan-name-{device.pk}") or device.name
        return device

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the forms and the preview."""
        device = more.pop("subject", None) or self.subject()
        lines = more.pop("lines", None)
        lines = preview(device, device.profile) if lines is None else lines
        found = suggestions(lines, device.profile)
        is_normalized = normal_readings(lines)
        if "rows" not in more:
            more["rows"] = FieldRows(
                initial=initial_rows(found, device, is_normalized=is_normalized), prefix="fields"
            )
        more.setdefault("form", DeviceForm(instance=device))
        samples = {one.field: one.sample for one in found}
        for row in more["rows"].forms:
            row.sample = samples.get(row["field"].value(), "")
        return super().get_context_data(
            device=device,
            profile=device.profile,
            lines=lines,
            is_normalized=is_normalized and not device.fields,
            properties=property_choices(),
            units=unit_choices(),
            **more,
        )

    def previewed(self, form: DeviceForm, rows: Any, device: Device) -> HttpResponse:  # noqa: ANN401  # BaseFieldRows
        """Show the preview; constants that were typed may have brought further fields."""
        lines = preview(device, device.profile)
        typed = [row.cleaned_data for row in rows.forms]
        there = {one["field"] for one in typed}
        further = [one for one in suggestions(lines, device.profile) if one.field not in there]
        if further:
            is_normalized = normal_readings(lines)
            fresh = initial_rows(further, Device(), is_normalized=is_normalized)
            rows = FieldRows(initial=[*typed, *fresh], prefix="fields")
            device.fields = device.fields + [
                {name: str(one[name]) for name in ("field", "property", "unit", "name")}
                for one in fresh
                if one["is_used"]
            ]
            lines = preview(device, device.profile)
        return self.render_to_response(
            self.get_context_data(form=form, rows=rows, subject=device, lines=lines)
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Show the preview with what was typed, or store it."""
        device = self.subject()
        form = DeviceForm(request.POST, instance=device)
        rows: Any = FieldRows(request.POST, prefix="fields")  # a BaseFieldRows, made by a factory
        is_good = form.is_valid() & rows.is_valid()
        if not is_good:
            return self.again(form=form, rows=rows, subject=device)
        device = form.apply()
        device.fields = rows.entries()
        if request.POST.get("action") != "save":
            return self.previewed(form, rows, device)
        try:
            services.enrol(device, by=self.user)
        except BadInput as error:
            form.add_error(None, str(error))
            return self.again(form=form, rows=rows, subject=device)
        request.session.pop(f"lorawan-name-{device.pk}", None)
        if device.uplinks.exists():
            messages.success(
                request,
                _("The device is set up. Its earlier uplinks can be decoded, too, with the button below."),
            )
        else:
            messages.success(request, _("The device is set up. Its first uplink will show here."))
        return redirect("lorawan-device", pk=device.pk)
