"""ASGI application, started by `stadtkern web`."""

import os
import warnings

from django.conf import settings
from django.core.asgi import get_asgi_application

from stadtkern.ingest.sockets import with_sockets
from stadtkern.web.limits import limit_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
# WhiteNoise hands out small files by plain iterators, which Django reads in a thread
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
application = with_sockets(limit_body(get_asgi_application(), settings.MOST_BYTES))
