"""What every page knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from stadtkern.web import navigation, warning_banner
from stadtkern.web.town import current_town
from stadtkern.web.town_css import town_css


def is_personal(request: HttpRequest) -> bool:
    """Return whether the browser brought a cookie of ours; without one nobody is signed in."""
    return not {settings.SESSION_COOKIE_NAME, "messages"}.isdisjoint(request.COOKIES)


def town(request: HttpRequest) -> dict[str, object]:
    """Return the facts of the town that header and footer show."""
    return {
        "town": SimpleLazyObject(current_town),
        "town_css_hash": SimpleLazyObject(lambda: town_css(current_town().look).digest),
        "is_demo": settings.DEMO,
        "is_personal": is_personal(request),
        "main_links": SimpleLazyObject(lambda: navigation.main_links(request.path)),
        "warnings": SimpleLazyObject(warning_banner.current),
        "footer_links": SimpleLazyObject(lambda: navigation.footer_links(request.path)),
    }
