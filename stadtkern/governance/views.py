"""The public register: which sensors and data the town holds, and why."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from stadtkern.governance import register
from stadtkern.governance.machine import as_json
from stadtkern.governance.models import DataProfile

PAGE, JSON_PAGE, MOST_ITEMS = 20, 100, 50
YES_NO = {"yes": True, "no": False}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List what is held, with filter."""
    personal = request.GET.get("personal", "")
    wanted = register.Filter(
        text=request.GET.get("q", "")[:200],
        owner=request.GET.get("owner", ""),
        has_personal_data=YES_NO.get(personal),
    )
    profiles = register.published()
    owners = {profile.owner.slug: profile.owner for profile in profiles}
    page = Paginator([p for p in profiles if wanted.fits(p)], PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "entries": register.counted(page.object_list),
        "filter": wanted,
        "personal": personal,
        "owners": sorted(owners.values(), key=str),
        "total": len(profiles),
    }
    return render(request, "governance/register.html", context)


@require_safe
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one profile with what is held under it."""
    found = get_object_or_404(DataProfile.objects.published().select_related("owner"), slug=slug)
    (entry,) = register.counted([found])
    context = {"profile": found, "counts": entry.counts, "items": register.items(found, most=MOST_ITEMS)}
    return render(request, "governance/profile.html", context)


@require_safe
def machine(request: HttpRequest) -> HttpResponse:
    """Answer with the register as JSON, a hundred profiles at a time."""
    page = Paginator(register.published(), JSON_PAGE).get_page(request.GET.get("page"))
    return JsonResponse(
        as_json(page), json_dumps_params={"ensure_ascii": False}, headers={"Access-Control-Allow-Origin": "*"}
    )
