"""A dataset in the back office: what belongs to it, what it still needs, its approval, its end."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.models import TaskState

from stadtkern.base.errors import StadtkernError
from stadtkern.catalogue.admin.advising import advice_on
from stadtkern.catalogue.admin.base import PER_PAGE, Crumb, DatasetPage, TablePage
from stadtkern.catalogue.admin.publish import steps
from stadtkern.catalogue.forms.intake import DistributionForm, LinkForm, NewVersionForm, PullForm, ReasonForm
from stadtkern.catalogue.models import Distribution, Pull, Version
from stadtkern.catalogue.services import approval, pulls, versions


class DatasetOverview(DatasetPage):
    """All that belongs to a dataset, and the last step of publishing it."""

    template_name = "catalogue/admin/dataset.html"

    def get_page_title(self) -> str:
        """Return its title as last written."""
        return str(approval.latest(self.dataset))

    def parents(self) -> list[Crumb]:
        """Return the list alone."""
        return super().parents()[:1]

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return parts, state and advice."""
        written, missing = approval.latest(self.dataset), approval.missing_for_approval(self.dataset)
        parts = self.dataset.distributions.order_by("position", "pk")
        page = Paginator(parts, PER_PAGE).get_page(self.request.GET.get("p"))
        states: dict[int, list[Version]] = {}
        wanted = Version.objects.filter(distribution__in=[one.pk for one in page]).order_by("-number")
        for version in wanted.exclude(state=Version.State.CANCELLED)[: 20 * PER_PAGE]:
            states.setdefault(version.distribution_id, []).append(version)
        lines = [(approval.as_written(one), states.get(one.pk, [])[:3]) for one in page]
        return super().get_context_data(
            dataset=self.dataset,
            written=written,
            lines=lines,
            page=page,
            advice=advice_on(written, missing=missing),
            missing=missing,
            comment=self.last_comment(),
            may_change=self.may_change,
            may_publish=self.user.has_perm("catalogue.publish_dataset", self.dataset),
            may_withdraw=self.user.has_perm("catalogue.withdraw_dataset", self.dataset),
            waits=self.has_changes(),
            steps=steps(),
            step=4,
            **more,
        )

    def has_changes(self) -> bool:
        """Return whether something waits for approval."""
        there = self.dataset.distributions.all()
        return (
            not self.dataset.live
            or self.dataset.has_unpublished_changes
            or there.exclude(draft={}).exists()
            or there.filter(is_live=False).exists()
            or Version.objects.filter(distribution__in=there, is_proposed=True).exists()
        )

    def last_comment(self) -> TaskState | None:
        """Return with which words the dataset was sent back, if that was the last thing said."""
        state = self.dataset.current_workflow_state
        if state is None or state.status != state.STATUS_NEEDS_CHANGES:
            return None
        found: TaskState | None = state.current_task_state
        return found


class DatasetAction(DatasetPage):
    """The buttons of a dataset."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *_args: object, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Do it and return."""
        verbs = {
            "submit": (approval.submit, _("Submitted. You will be told when it is approved or sent back.")),
            "publish": (approval.publish, _("The dataset is public now.")),
            "restore": (versions.restore, _("The dataset is back.")),
        }
        if kwargs["verb"] not in verbs:
            raise Http404
        function, text = verbs[kwargs["verb"]]
        try:
            function(self.dataset, by=self.user)
        except StadtkernError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, text)
        return redirect("open-data-dataset", pk=self.dataset.pk)


class Withdraw(DatasetPage):
    """Taking a dataset off the portal, with a reason for everybody."""

    template_name = "catalogue/admin/withdraw.html"
    page_title = gettext_lazy("Withdraw")
    header_icon = "bin"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        if not self.user.has_perm("catalogue.withdraw_dataset", self.dataset):
            raise PermissionDenied
        more.setdefault("form", ReasonForm())
        return super().get_context_data(dataset=self.dataset, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Withdraw it."""
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.again(form=form)
        try:
            versions.withdraw(self.dataset, form.cleaned_data["reason"], by=self.user)
        except StadtkernError as error:
            return self.again(error, form=form)
        messages.success(request, _("The dataset was withdrawn; its page says why."))
        return redirect("open-data-dataset", pk=self.dataset.pk)


class AddPart(DatasetPage):
    """A further table of a dataset, or a file or service that lies elsewhere."""

    template_name = "catalogue/admin/add.html"
    page_title = gettext_lazy("Add a distribution")
    header_icon = "plus"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return both forms."""
        self.demand_change()
        more.setdefault("upload", NewVersionForm(prefix="upload"))
        more.setdefault("link", LinkForm(prefix="link"))
        return super().get_context_data(dataset=self.dataset, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Add what was filled in."""
        self.demand_change()
        try:
            if request.POST.get("action") == "link":
                return self.add_link(LinkForm(request.POST, prefix="link"))
            return self.add_table(NewVersionForm(request.POST, request.FILES, prefix="upload"))
        except StadtkernError as error:
            return self.again(error)

    def add_link(self, form: LinkForm) -> HttpResponse:
        """Add something that lies elsewhere."""
        if not form.is_valid():
            return self.again(link=form)
        approval.add_distribution(self.dataset, by=self.user, **form.cleaned_data)
        messages.success(self.request, _("Added; it is public after the approval."))
        return redirect("open-data-dataset", pk=self.dataset.pk)

    def add_table(self, form: NewVersionForm) -> HttpResponse:
        """Add a table and its first version."""
        if not form.is_valid():
            return self.again(upload=form)
        file = form.cleaned_data["file"]
        name = file.name if file else form.cleaned_data["url"]
        slug = versions.name_in(name).rpartition(".")[0] or "table"
        distribution = approval.add_distribution(self.dataset, by=self.user, slug=slug)
        return redirect("open-data-version", pk=_new_version(distribution, form, self.user).pk)


def _new_version(distribution: Distribution, form: NewVersionForm, user: Any) -> Version:  # noqa: ANN401  # User
    facts = form.cleaned_data
    if facts["file"]:
        return versions.upload(distribution, facts["file"], facts["file"].name, by=user, note=facts["note"])
    return versions.fetch(distribution, facts["url"], by=user, note=facts["note"])


class TableDetail(TablePage):
    """A distribution: its versions, the next one, the schedule, its words."""

    template_name = "catalogue/admin/table.html"

    def get_page_title(self) -> str:
        """Return its title."""
        return str(approval.as_written(self.distribution))

    def parents(self) -> list[Crumb]:
        """Return the list and the dataset."""
        return super().parents()[:2]

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return versions and forms."""
        pull = Pull.objects.filter(distribution=self.distribution).first()
        found = self.distribution.versions.select_related("created_by").order_by("-number")
        more.setdefault("upload", NewVersionForm(prefix="upload"))
        more.setdefault("pull_form", PullForm(instance=pull, prefix="pull"))
        more.setdefault(
            "form", DistributionForm(distribution=approval.as_written(self.distribution), prefix="words")
        )
        return super().get_context_data(
            distribution=self.distribution,
            dataset=self.dataset,
            page=Paginator(found, PER_PAGE).get_page(self.request.GET.get("p")),
            pull=pull,
            may_change=self.may_change,
            **more,
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Take the next version, set the schedule, or keep the words."""
        self.demand_change()
        actions = {"upload": self.upload, "pull": self.schedule, "words": self.change, "remove": self.remove}
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise Http404
        try:
            return action()
        except StadtkernError as error:
            return self.again(error)

    def upload(self) -> HttpResponse:
        """Take the next version."""
        form = NewVersionForm(self.request.POST, self.request.FILES, prefix="upload")
        if not form.is_valid():
            return self.again(upload=form)
        return redirect("open-data-version", pk=_new_version(self.distribution, form, self.user).pk)

    def schedule(self) -> HttpResponse:
        """Set the schedule."""
        pull = Pull.objects.filter(distribution=self.distribution).first()
        form = PullForm(
            self.request.POST, instance=pull or Pull(distribution=self.distribution), prefix="pull"
        )
        if not form.is_valid():
            return self.again(pull_form=form)
        pulls.schedule(form.save(commit=False), by=self.user)
        messages.success(self.request, _("The schedule was kept."))
        return redirect("open-data-table", pk=self.distribution.pk)

    def change(self) -> HttpResponse:
        """Keep the words."""
        form = DistributionForm(self.request.POST, distribution=self.distribution, prefix="words")
        if not form.is_valid():
            return self.again(form=form)
        approval.change_distribution(self.distribution, form.cleaned_data, by=self.user)
        messages.success(self.request, _("Kept; the public sees it after the approval."))
        return redirect("open-data-table", pk=self.distribution.pk)

    def remove(self) -> HttpResponse:
        """Take it away."""
        approval.remove_distribution(self.distribution, by=self.user)
        messages.success(self.request, _("It goes with the next approval, or is gone if nobody saw it yet."))
        return redirect("open-data-dataset", pk=self.dataset.pk)
