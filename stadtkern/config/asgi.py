"""ASGI application, started by `stadtkern web`."""

import os
import warnings

from django.conf import settings
from django.core.asgi import get_asgi_application

from stadtkern.web.limits import limit_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
# WhiteNoise hands out small files by plain iterators, which Django reads in a thread
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django = get_asgi_application()
from stadtkern.standards.sensorthings.lean import Lean  # noqa: E402  # its models need the apps

application = limit_body(Lean(django), settings.MOST_BYTES)
