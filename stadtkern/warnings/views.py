"""Public pages of warnings."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from stadtkern.warnings import banner
from stadtkern.warnings.feeds import AlertFeed
from stadtkern.warnings.models import Alert
from stadtkern.warnings.pages import alert_page, level_lines, shown_alert

PER_PAGE = 25


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show what stands now, and what stood lately."""
    standing = [shown_alert(alert) for alert in banner.standing_alerts()]
    ended = Alert.objects.public().filter(ended__isnull=False).newest_first()
    page = Paginator(ended, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "standing": standing,
        "levels": level_lines(standing),
        "page_obj": page,
        "ended": [shown_alert(alert) for alert in page],
    }
    return render(request, "warnings/warnings.html", context)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one alert."""
    alert = get_object_or_404(Alert.objects.public().newest_first(), pk=pk)
    return render(request, "warnings/warning.html", {"shown": alert_page(alert)})


feed = require_safe(AlertFeed())
