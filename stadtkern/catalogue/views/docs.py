"""The description of the interface: a page for people, OpenAPI for programs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from stadtkern.catalogue.access import readable, reader_of
from stadtkern.catalogue.asking import MOST_ROWS, OPS, USUAL_ROWS
from stadtkern.catalogue.models import Version
from stadtkern.catalogue.openapi import MEDIA_TYPE, description
from stadtkern.catalogue.views.interface import interface, json_answer


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Say how programs read datasets and rows, with a real table in the examples."""
    found = Version.objects.current().filter(
        distribution__is_live=True, distribution__dataset__in=readable(reader_of(request)).values("pk")
    )
    example = found.select_related("distribution__dataset").order_by("-created_at").first()
    fields = [one["name"] for one in example.table_schema.get("fields", [])] if example else []
    context = {
        "root": f"{settings.PUBLIC_URL}/api/v1",
        "example": example,
        "column": next((name for name in fields if name != "geometry"), "column"),
        "ops": OPS,
        "most": MOST_ROWS,
        "usual": USUAL_ROWS,
    }
    return render(request, "catalogue/interface.html", context)


@require_safe
def lead(request: HttpRequest) -> HttpResponse:
    """Lead from the address without a language to the page in the town's first one."""
    with override(settings.LANGUAGE_CODE):
        return redirect(reverse("api-docs"))


@interface("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer with the description in OpenAPI 3.1."""
    response = json_answer(description(f"{settings.PUBLIC_URL}/api/v1"), is_open=True)
    response.headers["Content-Type"] = MEDIA_TYPE
    return response
