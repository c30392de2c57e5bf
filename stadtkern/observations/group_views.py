"""Pages and files of personal data: means over groups."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from stadtkern.base import clock
from stadtkern.base.errors import NotFound
from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import access_for, visible_groups
from stadtkern.observations.models import ObservedProperty
from stadtkern.observations.queries.groups import group_means, group_properties, group_series
from stadtkern.observations.queries.text import group_text
from stadtkern.observations.spans import SPANS, Asked, asked_span

LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Group:
    """A profile with personal data and one of its properties."""

    profile: DataProfile
    property: ObservedProperty


def _group(request: HttpRequest, profile: str, slug: str) -> Group:
    visible = visible_groups(access_for(user=request.user)).select_related("owner")
    found = get_object_or_404(visible, slug=profile)
    for one in group_properties(found):
        if one.slug == slug:
            return Group(found, one)
    raise NotFound(f"There is no group of {slug} in {profile}.")


def _span(asked: Asked) -> tuple[datetime, datetime]:
    """Return the span asked for, at most three years long; else the week until now."""
    end = min(asked.end or clock.now(), clock.now())
    start = asked.start or end - (asked.length or SPANS["week"][0])
    return max(start, end - LONGEST), end


@require_safe
def group(request: HttpRequest, profile: str, slug: str) -> HttpResponse:
    """Show the means of one property."""
    found = _group(request, profile, slug)
    asked = request.GET.get("span", "")
    span = asked if asked in SPANS else "week"
    end = clock.now()
    context = {
        "profile": found.profile,
        "property": found.property,
        "series": group_series(found.profile, found.property, end - SPANS[span][0], end),
        "spans": [(str(label), f"?span={name}", name == span) for name, (_length, label) in SPANS.items()],
    }
    return render(request, "observations/group.html", context)


@require_safe
def group_json(request: HttpRequest, profile: str, slug: str) -> JsonResponse:
    """Answer with the means for a chart."""
    found = _group(request, profile, slug)
    start, end = _span(asked_span(request.GET))
    series = group_series(found.profile, found.property, start, end)
    body = {
        "unit": series.unit,
        "from": start.isoformat(),
        "to": end.isoformat(),
        "count": series.count,
        "minutes": series.width,
        "smallest_group": found.profile.smallest_group,
        "times": [time.timestamp() for time in series.times],
        "series": [{"label": found.property.label, "values": series.values, "lows": None, "highs": None}],
        "csv": reverse("group-csv", args=[profile, slug]),
    }
    return JsonResponse(body, headers={"Access-Control-Allow-Origin": "*"})


@require_safe
def group_csv(request: HttpRequest, profile: str, slug: str) -> HttpResponse:
    """Answer with the means as CSV, as the spreadsheets of the active language take it."""
    found = _group(request, profile, slug)
    means = group_means(found.profile, found.property, *_span(asked_span(request.GET)))
    text = group_text(found.property, means, get_language() or "en")
    headers = {"Content-Disposition": f'attachment; filename="{profile}-{slug}.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)
