"""ASGI application, started by `stadtkern web`."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from stadtkern.web.limits import limit_body

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
application = limit_body(get_asgi_application(), settings.MOST_BYTES)
