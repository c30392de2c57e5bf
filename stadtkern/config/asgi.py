"""ASGI application, started by `stadtkern web`."""

import warnings

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from stadtkern.base.plugins import plugins
from stadtkern.config.start import start_django
from stadtkern.contracts.standard import Standard
from stadtkern.ingest.sockets import with_sockets
from stadtkern.web.limits import Application, limit_body


def with_short_ways(application: Application) -> Application:
    """Return the application with the short ways of all standards in front of it."""
    for standard in plugins("stadtkern.standards", "standard", Standard).values():
        if standard.short_way is not None:
            application = standard.short_way(application)
    return application


start_django()

from stadtkern.catalogue.uploads import ROOM_FOR_FIELDS, may_upload  # noqa: E402  # needs the apps

# WhiteNoise hands out small files by plain iterators, which Django reads in a thread
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = with_sockets(
    limit_body(
        with_short_ways(ASGIHandler()),
        settings.MOST_BYTES,
        upload_bytes=settings.UPLOAD_MOST_BYTES + ROOM_FOR_FIELDS,
        may_upload=may_upload,
    )
)
