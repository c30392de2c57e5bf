"""Tags of `{% load web %}`: pictures, language switch, breadcrumb, pages of a list, times and numbers."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from stadtkern.web.languages import LanguageLink
from stadtkern.web.languages import language_links as links_of
from stadtkern.web.navigation import Link
from stadtkern.web.qr import qr_image

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw one of KERN's icons; decoration unless it has a label."""
    if label:
        return format_html('<span class="kern-icon kern-icon--{}" role="img" aria-label="{}"></span>', name, label)
    return format_html('<span class="kern-icon kern-icon--{}" aria-hidden="true"></span>', name)


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[LanguageLink]:
    """Return the languages with the current page in each."""
    request = context.get("request")
    return links_of(request, context.get("page"), is_error="status" in context) if request else []


@register.simple_tag(takes_context=True)
def absolute(context: dict[str, Any], path: str) -> str:
    """Return the full address of a path of ours."""
    return f"{settings.PUBLIC_URL}{path}" if path.startswith("/") else path


@register.inclusion_tag("web/parts/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, object]:
    """Draw the way to this page: title, address, title, address, ..., title of this page."""
    pairs = zip(parts[:-1:2], parts[1::2], strict=False)
    return {"links": [Link(title, url) for title, url in pairs], "current": parts[-1] if len(parts) % 2 else ""}


@register.inclusion_tag("web/parts/pagination.html", takes_context=True)
def pagination(context: dict[str, Any], page_obj: Any, parameter: str = "page") -> dict[str, object]:  # noqa: ANN401  # Page of anything
    """Draw the links to the other pages of a list; the other parameters of the address are kept."""
    query = context["request"].GET.copy()
    query.pop(parameter, None)
    prefix = f"?{query.urlencode()}&" if query else "?"
    numbers = page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    return {"page_obj": page_obj, "numbers": numbers, "prefix": f"{prefix}{parameter}="}


@register.inclusion_tag("web/parts/tabs.html")
def tabs(label: str, *parts: Any) -> dict[str, object]:  # noqa: ANN401
    """Draw links between sibling pages: label, then title, address, is it this page, ..."""
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return {"label": label, "links": [Link(title, url, bool(current)) for title, url, current in triples]}


@register.simple_tag(takes_context=True)
def qr(context: dict[str, Any]) -> str:
    """Return the QR code of this page as the source of a picture."""
    request = context.get("request")
    return qr_image(request.path) if request and "status" not in context else ""
