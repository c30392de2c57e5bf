"""Small addresses that belong to no page: style sheet and coat of arms of the town, uploaded files."""

from posixpath import normpath

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from stadtkern.web.town import current_town
from stadtkern.web.town_css import town_css

FOR_GOOD = "public, max-age=31536000, immutable"
ONE_HOUR = "public, max-age=3600"


@require_safe
def town_style(request: HttpRequest, digest: str) -> HttpResponse:
    """Answer with the colours of the town; an old name gets the new colours, but not for good."""
    sheet = town_css(current_town().look)
    lasting = FOR_GOOD if digest == sheet.digest else "no-cache"
    return HttpResponse(
        sheet.text, content_type="text/css; charset=utf-8", headers={"Cache-Control": lasting}
    )


@require_safe
def arms(request: HttpRequest) -> HttpResponse:
    """Answer with the coat of arms of the town; it is also the icon of the site."""
    town = current_town()
    if not town.look.arms:
        raise Http404
    picture = (town.folder / town.look.arms).read_bytes()
    return HttpResponse(picture, content_type="image/svg+xml", headers={"Cache-Control": ONE_HOUR})


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Hand out an uploaded picture; nothing uploaded runs as a page or a script of ours.

    Documents come from `/documents/`, which asks whether the visitor may see them.
    """
    if normpath(path).lstrip("/").startswith("documents/"):
        raise Http404
    answer: HttpResponseBase = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
