"""Device profiles and their codecs."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.clock import now
from stadtkern.base.errors import StadtkernError
from stadtkern.lorawan import services
from stadtkern.lorawan.admin.base import PER_PAGE, LorawanPage
from stadtkern.lorawan.engine.pool import Decoded, Script
from stadtkern.lorawan.forms import CodecForm, new_codec
from stadtkern.lorawan.models import DeviceProfile, Redecoding, Uplink
from stadtkern.lorawan.services.decoding import call, codec_pool
from stadtkern.lorawan.services.profiles import save_codec
from stadtkern.lorawan.tasks import decode_again

TRIED = 5


class ProfileList(LorawanPage):
    """All device profiles."""

    template_name = "lorawan/admin/profiles.html"
    page_title = gettext_lazy("Device profiles")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        q = self.request.GET.get("q", "").replace("\0", "").strip()[:100]
        found = DeviceProfile.objects.select_related("codec").annotate(used=Count("devices", distinct=True))
        if q:
            found = found.filter(Q(vendor__icontains=q) | Q(name__icontains=q) | Q(key__icontains=q))
        page = Paginator(found.order_by("-used", "vendor", "name"), PER_PAGE).get_page(
            self.request.GET.get("p")
        )
        return super().get_context_data(
            page=page, q=q, query=urlencode({"q": q}), may_change=self.may_change, **more
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """Some bytes, and what the codec makes of them."""

    title: str
    payload: str
    port: int | None
    result: Decoded


class ProfileEditor(LorawanPage):
    """A profile with its codec; a test shows what it makes of real bytes before it is stored."""

    permission = "lorawan.change_codec"
    template_name = "lorawan/admin/profile.html"

    def get_page_title(self) -> str:
        """Return the name of the kind."""
        return str(self.subject()) if self.subject().pk else _("New device profile")

    def subject(self) -> DeviceProfile:
        """Return the profile that the form changes."""
        if not hasattr(self, "_subject"):
            self._subject = (
                get_object_or_404(DeviceProfile.objects.select_related("codec"), pk=self.kwargs["pk"])
                if "pk" in self.kwargs
                else DeviceProfile()
            )
        return self._subject

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        profile = self.subject()
        more.setdefault("form", CodecForm(instance=profile))
        return super().get_context_data(
            profile=profile,
            devices=profile.devices.count() if profile.pk else 0,
            redecodings=Redecoding.objects.filter(profile=profile)[:3] if profile.pk else (),
            **more,
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store, or only test."""
        form = CodecForm(request.POST, instance=self.subject())
        if not form.is_valid():
            return self.again(form=form)
        text = form.cleaned_data["script"].replace("\r\n", "\n")
        try:
            if request.POST.get("action") != "save":
                trials = self.trials(
                    Script.of(text), form.cleaned_data["sample"], form.cleaned_data["port"] or 1
                )
                return self.render_to_response(self.get_context_data(form=form, trials=trials))
            profile, is_changed = self.save(form, text)
        except StadtkernError as error:
            form.add_error("script", str(error))
            return self.again(form=form)
        messages.success(request, _("The device profile was saved."))
        if is_changed and profile.devices.filter(uplinks__isnull=False).exists():
            messages.warning(
                request, _("What was decoded before stays as it is until you decode it once more.")
            )
        return redirect("lorawan-profile", pk=profile.pk)

    def save(self, form: CodecForm, text: str) -> tuple[DeviceProfile, bool]:
        """Store profile and codec; return whether the decoding changes."""
        profile: DeviceProfile = form.instance
        before = (profile.codec.digest if profile.codec else "", profile.fields)
        with transaction.atomic():
            if not profile.key:
                name = slugify(profile.name) or "device"
                profile.key = f"{slugify(profile.vendor) or 'own'}/{name}-{now():%Y%m%d%H%M%S}"
            codec = profile.codec or new_codec(profile.key)
            profile.codec = save_codec(codec, text, by=self.user)
            profile.fields = form.cleaned_data["fields_lines"]
            profile.save()
        return profile, before != (profile.codec.digest, profile.fields)

    def trials(self, script: Script, sample: bytes, port: int) -> list[Trial]:
        """Return what the codec makes of the bytes typed, else of the last uplinks, else of its examples."""
        codec_pool().functions(script)
        found: list[tuple[str, bytes, int | None, float]] = []
        if sample:
            found.append((_("Bytes to try"), sample, port, now().timestamp()))
        else:
            uplinks = (
                Uplink.objects.filter(device__profile=self.subject().pk)
                if self.subject().pk
                else Uplink.objects.none()
            )
            for uplink in uplinks.select_related("device").exclude(port=0)[:TRIED]:
                title = f"{uplink.device}, {uplink.time:%Y-%m-%d %H:%M} UTC"
                found.append((title, bytes(uplink.payload), uplink.port, uplink.time.timestamp()))
            codec = self.subject().codec
            found += [
                (example["name"], bytes(example["bytes"]), example["port"], now().timestamp())
                for example in (codec.examples[:TRIED] if codec and not found else ())
            ]
        calls = [call(payload, port, seconds * 1000, {}) for _title, payload, port, seconds in found]
        results = codec_pool().run(script, "uplink", calls) if calls else []
        return [
            Trial(title, payload.hex(" ").upper(), port, result)
            for (title, payload, port, _seconds), result in zip(found, results, strict=True)
        ]


class ProfileAction(LorawanPage):
    """A button of the page of a profile."""

    permission = "lorawan.change_codec"
    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int, **_more: object) -> HttpResponse:
        """Decode the history of all its devices once more."""
        profile = get_object_or_404(DeviceProfile, pk=pk)
        try:
            work = services.start_redecoding(profile=profile, by=self.user)
        except StadtkernError as error:
            messages.error(request, str(error))
            return redirect("lorawan-profile", pk=pk)
        decode_again(work.pk)
        return redirect("lorawan-redecoding", pk=work.pk)
