"""Public pages of warnings."""

from math import ceil

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from stadtkern.ingest.limits import RateLimit
from stadtkern.warnings import banner, services
from stadtkern.warnings.feeds import AlertFeed
from stadtkern.warnings.models import Alert
from stadtkern.warnings.pages import alert_page, level_lines, shown_alert
from stadtkern.warnings.senders import push

PER_PAGE = 25
CALLS = RateLimit(per_minute=30, burst=20)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show what stands now, and what stood lately."""
    standing = [shown_alert(alert) for alert in banner.standing_alerts()]
    levels = level_lines(standing)
    ended = Alert.objects.public().filter(ended__isnull=False).newest_first()
    page = Paginator(ended, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "standing": standing,
        "levels": levels,
        "number": len(standing) + len(levels),
        "push_key": push.public_key(),
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


@csrf_exempt
@require_http_methods(["POST", "DELETE"])
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take or give back the address by which a browser is told of warnings.

    No cookie and no account is needed: who knows the secret address of a browser may write to it.
    """
    if wait := CALLS.wait(request.META.get("REMOTE_ADDR", "")):
        return HttpResponse(status=429, headers={"Retry-After": str(ceil(wait))})
    told = services.read_subscription(request.body)
    if request.method == "DELETE":
        services.forget_subscription(told.endpoint)
    else:
        services.keep_subscription(told, language=get_language() or "de")
    return HttpResponse(status=204)


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """Return the script by which a browser shows warnings; it has to stand at the root of the site."""
    answer = render(request, "warnings/push_worker.js", content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    answer["Cache-Control"] = "no-cache"
    return answer
