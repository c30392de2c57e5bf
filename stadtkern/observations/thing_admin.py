"""Things in the back office: list, form, and many at once."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages

from stadtkern.base.errors import StadtkernError
from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import access_for, manageable, visible_streams
from stadtkern.observations.back_office import MOST_AT_ONCE, PER_PAGE, DataPage, chosen_keys, text_of
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.queries.things import ThingFilter, newest, things_for_list
from stadtkern.observations.services.bulk_edit import apply_wish, planned
from stadtkern.observations.services.things import change_thing
from stadtkern.observations.thing_forms import BulkForm, ThingForm
from stadtkern.observations.upkeep.queries import newest_entries
from stadtkern.people.models import User
from stadtkern.places.models import Area

TITLE = gettext_lazy("Sensors")
SHOWN_EDITS = 100
SHOWN_STREAMS = 100
STATES = ("current", "silent")


def fitting_things(request: HttpRequest) -> QuerySet[Thing]:
    """Return what fits the filter in the address, by name."""
    state = text_of(request, "state")
    wanted = ThingFilter(
        text=text_of(request, "q"),
        property="",
        profile=text_of(request, "profile"),
        state=state if state in STATES else "",
    )
    user = request.user if isinstance(request.user, User) else None
    found = things_for_list(visible_streams(access_for(user=user)), wanted)
    if source := text_of(request, "source"):
        found = found.filter(source=source)
    if (area := text_of(request, "area")) and (one := Area.objects.filter(slug=area).first()):
        found = found.filter(location__intersects=one.geometry)
    return found


class ThingList(DataPage):
    """All things with filter; those ticked, or all that fit, can be changed at once."""

    permission = "observations.view_thing"
    template_name = "observations/admin/things.html"
    page_title = TITLE
    header_icon = "site"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of the list."""
        page = Paginator(fitting_things(self.request), PER_PAGE).get_page(self.request.GET.get("p"))
        rows = [
            (thing, thing.shown_streams, newest(thing.shown_streams))  # type: ignore[attr-defined]  # prefetched
            for thing in page
        ]
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(
            page=page,
            rows=rows,
            query=query.urlencode(),
            sources=Thing.objects.order_by("source").values_list("source", flat=True).distinct(),
            profiles=DataProfile.objects.order_by("slug"),
            areas=Area.objects.defer("geometry").order_by("slug")[:500],
            chosen={
                name: text_of(self.request, name) for name in ("q", "source", "profile", "area", "state")
            },
            may_change=self.request.user.has_perm("observations.change_thing"),
            **more,
        )


class ThingEdit(DataPage):
    """The form of one thing."""

    permission = "observations.change_thing"
    template_name = "observations/admin/thing.html"
    header_icon = "site"
    crumbs = ((reverse_lazy("thing-list"), TITLE),)

    def get_page_title(self) -> str:
        """Return the name of the thing."""
        return str(self.thing())

    def thing(self) -> Thing:
        """Return the thing of the address; one that somebody else looks after is not to be had."""
        if not hasattr(self, "_thing"):
            rows = Thing.objects.filter(pk=self.kwargs["pk"])
            get_object_or_404(rows)
            found = manageable(access_for(user=self.user), rows).first()
            if found is None:
                raise PermissionDenied
            self._thing = found
        return self._thing

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", ThingForm(instance=self.thing()))
        thing = self.thing()
        streams = Datastream.objects.single().filter(thing=thing, is_forecast=False).for_list()
        return super().get_context_data(
            thing=thing,
            streams=streams[:SHOWN_STREAMS] if self.user.has_perm("upkeep.view_qualitymark") else [],
            log=newest_entries(thing) if self.user.has_perm("upkeep.view_logentry") else None,
            media=more["form"].media,
            **more,
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store it."""
        form = ThingForm(request.POST, instance=self.thing())
        if not form.is_valid():
            messages.error(request, _("Please look at the fields marked below."))
            return self.render_to_response(self.get_context_data(form=form), status=422)
        change_thing(self.thing().pk, by=self.user, **form.cleaned_data)
        messages.success(request, _("The sensor was saved."))
        return redirect("thing-list")


class ThingBulk(DataPage):
    """Many things at once: choose, look at what would change, change."""

    permission = "observations.change_thing"
    template_name = "observations/admin/bulk.html"
    page_title = gettext_lazy("Change many sensors")
    header_icon = "edit"
    crumbs = ((reverse_lazy("thing-list"), TITLE),)
    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Show the form, the preview, or do it."""
        keys = chosen_keys(request, fitting_things(request))
        if not keys:
            messages.warning(request, _("Choose at least one sensor."))
            return redirect(self.list_address())
        action = request.POST.get("action")
        form = BulkForm(request.POST if action in {"preview", "apply"} else None, user=self.user)
        if not form.is_valid():
            status = 422 if form.is_bound else 200
            return self.render_to_response(self.get_context_data(form=form, keys=keys), status=status)
        try:
            if action == "apply":
                return self._apply(request, form, keys)
            edits = planned(keys, form.wish(), by=self.user)
        except StadtkernError as error:
            form.add_error(None, str(error))
            return self.render_to_response(self.get_context_data(form=form, keys=keys), status=error.status)
        shown = self.get_context_data(form=form, keys=keys, edits=edits[:SHOWN_EDITS], total=len(edits))
        return self.render_to_response(shown)

    def _apply(self, request: HttpRequest, form: BulkForm, keys: list[int]) -> HttpResponse:
        count = apply_wish(keys, form.wish(), by=self.user)
        said = ngettext("%(count)d change was made.", "%(count)d changes were made.", count)
        messages.success(request, said % {"count": count})
        return redirect(self.list_address())

    def list_address(self) -> str:
        """Return the list with the filter that was set."""
        query = self.request.GET.urlencode()
        return reverse("thing-list") + (f"?{query}" if query else "")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form with what it is about."""
        return super().get_context_data(
            list_address=self.list_address(),
            most=MOST_AT_ONCE,
            is_all=len(more["keys"]) >= MOST_AT_ONCE,
            **more,
        )
