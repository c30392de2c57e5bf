"""ASGI application, started by `stadtkern web`."""

import warnings

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from stadtkern.config.start import start_django
from stadtkern.web.limits import limit_body

start_django()
# WhiteNoise hands out small files by plain iterators, which Django reads in a thread
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = limit_body(ASGIHandler(), settings.MOST_BYTES)
