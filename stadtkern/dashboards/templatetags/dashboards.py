"""Tags of `{% load dashboards %}`."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from stadtkern.dashboards.rendering import state_word

register = template.Library()

STATES = {"info": "info", "success": "success", "warning": "warning", "danger": "danger"}
ARROWS = {"rising": "↗", "falling": "↘", "steady": "→"}


@register.simple_tag
def state_badge(state: str, word: str = "") -> SafeString | str:
    """Draw a state as icon and word; nothing if there is none."""
    if state not in STATES:
        return ""
    return format_html(
        '<span class="sk-state sk-state--{0}">'
        '<span class="kern-icon kern-icon--{0}" aria-hidden="true"></span>{1}</span>',
        STATES[state],
        word or state_word(state),
    )


@register.simple_tag
def trend_arrow(trend: Any) -> str:  # noqa: ANN401  # Trend or None
    """Return the arrow of a trend; its word stands beside it."""
    return ARROWS.get(getattr(trend, "direction", ""), "")


@register.filter
def licence_url(licence: str) -> str:
    """Return where a licence can be read; empty if it is not a common one."""
    return LICENCES.get(licence.lower(), "")


LICENCES = {
    "dl-de/by-2-0": "https://www.govdata.de/dl-de/by-2-0",
    "dl-de/zero-2-0": "https://www.govdata.de/dl-de/zero-2-0",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "odbl-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
}
