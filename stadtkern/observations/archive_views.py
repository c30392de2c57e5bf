"""Old months of a series as files: a list for people, the files for programs."""

from datetime import UTC, datetime

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from stadtkern.observations.archive.models import MEDIA_TYPE, ArchiveFile
from stadtkern.observations.views import stream_for

PAGE = 60


@require_safe
def months(request: HttpRequest, pk: int) -> HttpResponse:
    """List the months of a series that are in files, newest first."""
    stream = stream_for(request, pk)
    page = Paginator(stream.archive_files.order_by("-start"), PAGE).get_page(request.GET.get("page"))
    return render(request, "observations/archive.html", {"stream": stream, "page_obj": page})


@require_safe
def month(request: HttpRequest, pk: int, year: int, month: int) -> FileResponse:
    """Answer with the file of a month."""
    stream = stream_for(request, pk)
    try:
        start = datetime(year, month, 1, tzinfo=UTC)
        found = get_object_or_404(ArchiveFile, datastream=stream, start=start)
        file = found.path.open("rb")
    except (ValueError, FileNotFoundError) as error:
        raise Http404 from error
    name = f"{found.path.parent.name.partition('-')[2] or stream.pk}-{start:%Y-%m}.parquet"
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA_TYPE)
