"""How much one sender may send in: the address is kept only as a hash, and for an hour."""

import hashlib

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _

from stadtkern.base.errors import TooMany

MOST_PER_HOUR = 10
HOUR = 3600


def count_sender(request: HttpRequest, what: str) -> None:
    """Count something sent in.

    Raises
    ------
    TooMany
        if it is more than a person would send within an hour.
    """
    source = f"{settings.SECRET_KEY}{request.META.get('REMOTE_ADDR', '')}"
    key = f"{what}:{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    cache.add(key, 0, HOUR)
    if cache.incr(key) > MOST_PER_HOUR:
        raise TooMany(_("You have sent a lot within an hour. Please go on later."), retry_after=HOUR)
