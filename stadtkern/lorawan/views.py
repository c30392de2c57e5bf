"""Pages outside the back office: the map of gateways, and where a label leads."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from stadtkern.base.errors import NotFound
from stadtkern.lorawan.models import Device
from stadtkern.lorawan.queries import coverage_features


def _let_in(request: HttpRequest) -> None:
    if not request.user.has_perm("lorawan.view_device"):
        raise PermissionDenied


@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Show gateways and how well devices are heard; where antennas stand is for the staff of the town."""
    _let_in(request)
    return render(request, "lorawan/coverage.html", {"features": coverage_features()["features"]})


@require_safe
def coverage_json(request: HttpRequest) -> JsonResponse:
    """Answer with the same as GeoJSON."""
    _let_in(request)
    return JsonResponse(coverage_features(), content_type="application/geo+json")


@require_safe
def label_address(request: HttpRequest, eui: str) -> HttpResponse:
    """Lead from the label on a device to what it measures; staff get to its page in the back office."""
    device = Device.objects.enrolled().filter(eui=eui.upper()).first()
    if device is None:
        raise NotFound("There is no device with this number here.")
    if request.user.has_perm("lorawan.view_device"):
        return redirect("lorawan-device", pk=device.pk)
    return redirect(f"{reverse('streams')}?{urlencode({'q': device.eui})}")
