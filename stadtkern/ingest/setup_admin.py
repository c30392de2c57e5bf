"""The page of the back office where a set-up leaves and comes in."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from stadtkern.base.clock import now
from stadtkern.base.errors import BadInput, SourceError
from stadtkern.base.jsonbody import load
from stadtkern.ingest.admin import SourcePage
from stadtkern.ingest.setup import Report, dump, export_setup, import_setup

MOST_BYTES = 20_000_000


class SetupPage(SourcePage):
    """Download of the set-up, and the form that takes one."""

    template_name = "ingest/admin/setup.html"
    page_title = gettext_lazy("Set-up as a file")

    def get_context_data(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return whether the person may import."""
        return super().get_context_data(may_import=self.user.has_perm("ingest.import_setup"), **more)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Check the file or import it, and say entry by entry what is wrong."""
        if not self.user.has_perm("ingest.import_setup"):
            raise PermissionDenied
        is_dry = "check" in request.POST
        try:
            report = self._import(request, is_dry=is_dry)
        except (BadInput, SourceError) as error:
            return self.render_to_response(
                self.get_context_data(problem=str(error), is_dry=is_dry), status=422
            )
        if not report.problems and not is_dry:
            messages.success(request, _("The set-up was imported."))
        context = self.get_context_data(report=report, is_dry=is_dry)
        return self.render_to_response(context, status=422 if report.problems else 200)

    def _import(self, request: HttpRequest, *, is_dry: bool) -> Report:
        file = request.FILES.get("file")
        if file is None:
            raise BadInput(_("Choose a file."))
        if (file.size or 0) > MOST_BYTES:
            raise BadInput(_("The file is larger than 20 MB."))
        return import_setup(load(file.read()), by=self.user, dry_run=is_dry)


class SetupDownload(SourcePage):
    """The set-up as a JSON file."""

    def get(self, *_args: object, **_more: object) -> HttpResponse:
        """Answer with the file."""
        text = dump(export_setup(by=self.user))
        name = f"stadtkern-setup-{now():%Y-%m-%d}.json"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(text, content_type="application/json", headers=headers)
