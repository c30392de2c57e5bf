"""The quarantine in the back office: what could not be stored, why, and what to do about it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from stadtkern.observations.back_office import PER_PAGE, DataPage, chosen_keys, in_order, text_of
from stadtkern.observations.models import QuarantinedReading
from stadtkern.observations.services.retry import RETRIED, dismiss_readings, retry_readings


def fitting_readings(request: HttpRequest) -> QuerySet[QuarantinedReading]:
    """Return what fits the filter in the address, the newest first."""
    found = QuarantinedReading.objects.order_by("-last_seen", "-pk")
    if source := text_of(request, "source"):
        found = found.filter(source=source)
    if reason := text_of(request, "reason"):
        found = found.filter(reason=reason)
    if text := text_of(request, "q"):
        found = found.filter(Q(detail__icontains=text) | Q(where__icontains=text) | Q(raw__icontains=text))
    return found


class QuarantineList(DataPage):
    """The list with its filter; the buttons act upon what is ticked, or on all that fits."""

    permission = "observations.view_quarantinedreading"
    template_name = "observations/admin/quarantine.html"
    page_title = gettext_lazy("Quarantine")
    header_icon = "warning"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        page = Paginator(fitting_readings(self.request), PER_PAGE).get_page(self.request.GET.get("p"))
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(
            page=page,
            query=query.urlencode(),
            sources=QuarantinedReading.objects.order_by("source").values_list("source", flat=True).distinct(),
            reasons=QuarantinedReading.Reason.choices,
            chosen={name: text_of(self.request, name) for name in ("source", "reason", "q")},
            retried=RETRIED,
            may_act=self.request.user.has_perm("observations.delete_quarantinedreading"),
            **more,
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Try again, or dismiss."""
        if not request.user.has_perm("observations.delete_quarantinedreading"):
            raise PermissionDenied
        keys = chosen_keys(request, fitting_readings(request))
        if request.POST.get("action") == "retry":
            self._retry(request, keys)
        elif request.POST.get("action") == "dismiss":
            count = dismiss_readings(keys, by=self.user)
            said = ngettext("%(count)d entry was dismissed.", "%(count)d entries were dismissed.", count)
            messages.success(request, said % {"count": count})
        query = request.GET.urlencode()
        return redirect(reverse("quarantine") + (f"?{query}" if query else ""))

    def _retry(self, request: HttpRequest, keys: list[int]) -> None:
        outcome = retry_readings(in_order(QuarantinedReading, keys), by=self.user)
        stored = ngettext(
            "%(count)d reading is stored now.", "%(count)d readings are stored now.", outcome.stored
        )
        messages.success(request, stored % {"count": outcome.stored})
        if outcome.refused:
            refused = ngettext(
                "%(count)d cannot be stored yet, or has to be sent again.",
                "%(count)d cannot be stored yet, or have to be sent again.",
                outcome.refused,
            )
            messages.warning(request, refused % {"count": outcome.refused})
