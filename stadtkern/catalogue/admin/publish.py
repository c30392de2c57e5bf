"""Publishing a table in four steps: file, columns, description, check and submit."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.errors import StadtkernError
from stadtkern.catalogue.admin.advising import advice_on
from stadtkern.catalogue.admin.base import DatasetPage, OpenDataPage
from stadtkern.catalogue.forms.describe import DescribeForm
from stadtkern.catalogue.forms.intake import PublishForm
from stadtkern.catalogue.models import Version
from stadtkern.catalogue.queries import profiles_for
from stadtkern.catalogue.services import approval
from stadtkern.catalogue.services.datasets import new_table


def steps() -> list[tuple[int, str]]:
    """Return the steps with their numbers."""
    return list(enumerate((_("File"), _("Columns"), _("Description"), _("Check and submit")), start=1))


class PublishTable(OpenDataPage):
    """The first step: which file, under which title, on which ground."""

    permission = "catalogue.add_dataset"
    template_name = "catalogue/admin/publish.html"
    page_title = gettext_lazy("Publish a table")
    header_icon = "upload"

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form."""
        more.setdefault("form", PublishForm(user=self.user))
        has_profiles = profiles_for(self.user).exists()
        return super().get_context_data(steps=steps(), step=1, has_profiles=has_profiles, **more)

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Store the file and go on to its columns."""
        form = PublishForm(request.POST, request.FILES, user=self.user)
        if not form.is_valid():
            return self.again(form=form)
        facts = form.cleaned_data
        file = facts["file"]
        try:
            version = new_table(
                facts["title"],
                facts["profile"],
                by=self.user,
                file=file or None,
                name=file.name if file else "",
                url=facts["url"],
            )
        except StadtkernError as error:
            form.add_error("file" if file else "url", str(error))
            return self.again(form=form)
        return redirect("open-data-version", pk=version.pk)


class Describe(DatasetPage):
    """The third step: what everybody should know about the data."""

    template_name = "catalogue/admin/describe.html"
    page_title = gettext_lazy("Description")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the form, what could be better, and how far the reading is."""
        self.demand_change()
        written = approval.latest(self.dataset)
        more.setdefault("form", DescribeForm(instance=written))
        versions = Version.objects.filter(distribution__dataset=self.dataset).order_by("-pk")
        return super().get_context_data(
            dataset=self.dataset,
            version=versions.first(),
            advice=advice_on(written),
            steps=steps(),
            step=3,
            **more,
        )

    def post(self, request: HttpRequest, *_args: object, **_more: object) -> HttpResponse:
        """Keep what was written."""
        self.demand_change()
        form = DescribeForm(request.POST, instance=approval.latest(self.dataset))
        if not form.is_valid():
            return self.again(form=form)
        try:
            approval.save_draft(form.instance, by=self.user)
        except StadtkernError as error:
            return self.again(error, form=form)
        messages.success(request, _("Your description is kept."))
        return redirect("open-data-dataset", pk=self.dataset.pk)
