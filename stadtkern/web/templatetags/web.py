"""Tags of `{% load web %}`: pictures, language switch, breadcrumb, pages of a list, times and numbers."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from stadtkern.base.units import symbol
from stadtkern.web import charts, numbers
from stadtkern.web.charts.tags import Chart, bars_of, bars_to_chart, lines_of, to_chart
from stadtkern.web.languages import LanguageLink
from stadtkern.web.languages import language_links as links_of
from stadtkern.web.maps import Place, map_setup, place_of
from stadtkern.web.navigation import Link
from stadtkern.web.qr import qr_image

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw one of KERN's icons; decoration unless it has a label."""
    if label:
        return format_html(
            '<span class="kern-icon kern-icon--{}" role="img" aria-label="{}"></span>', name, label
        )
    return format_html('<span class="kern-icon kern-icon--{}" aria-hidden="true"></span>', name)


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> list[LanguageLink]:
    """Return the languages with the current page in each."""
    request = context.get("request")
    return links_of(request, context.get("page"), is_error="status" in context) if request else []


@register.simple_tag
def absolute(path: str) -> str:
    """Return the full address of a path of ours."""
    return f"{settings.PUBLIC_URL}{path}" if path.startswith("/") else path


@register.inclusion_tag("web/parts/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, object]:
    """Draw the way to this page: title, address, title, address, ..., title of this page."""
    pairs = zip(parts[:-1:2], parts[1::2], strict=False)
    return {
        "links": [Link(_("Cockpit"), f"/{get_language()}/"), *(Link(title, url) for title, url in pairs)],
        "current": parts[-1] if len(parts) % 2 else "",
    }


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


@register.simple_tag
def ago(time: datetime | None) -> SafeString | str:
    """Write how long ago a time is; the exact time is in `title` and in print."""
    if time is None:
        return ""
    return format_html(
        '<time class="sk-ago" datetime="{}" title="{}">{}</time>',
        time.isoformat(timespec="seconds"),
        numbers.moment_text(time),
        numbers.ago_text(time),
    )


@register.simple_tag
def moment(time: datetime | None) -> SafeString | str:
    """Write a time in full."""
    if time is None:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', time.isoformat(timespec="seconds"), numbers.moment_text(time)
    )


@register.simple_tag
def value(result: float | None, unit: str = "", decimals: int = 0) -> SafeString:
    """Write a number with its unit; a dash if there is none."""
    text = "\u2013" if result is None else numbers.number_text(result, unit, decimals)
    return format_html('<span class="sk-number">{}</span>', text)


@register.filter
def sign(unit: str) -> str:
    """Return how people write a UCUM unit; empty for a plain number."""
    return symbol(unit) if unit != "1" else ""


@register.inclusion_tag("web/charts/sparkline.html")
def sparkline(series: Any, band: Any = None, height: int = 48) -> dict[str, object]:  # noqa: ANN401  # anything with times and values
    """Draw a small line without axes; it is decoration beside a sentence that says the same."""
    (line,) = lines_of(series)
    return {"drawing": charts.sparkline(line, band=band, height=height)}


@register.inclusion_tag("web/charts/line_chart.html")
def line_chart(  # noqa: PLR0913  # each is one thing a chart may show
    series: Any,  # noqa: ANN401  # anything with times and values, or a list of such
    *,
    title: str = "",
    unit: str = "",
    decimals: int = 0,
    levels: Sequence[Any] = (),
    band: Any = None,  # noqa: ANN401
    csv: str = "",
    src: str = "",
    height: int = 280,
    table: bool = True,
) -> dict[str, Chart]:
    """Draw lines over time as a figure with a sentence, a table and the link to the data.

    `src` is the address of the long series (JSON); with it the chart can be enlarged and searched.
    """
    lines = lines_of(series)
    return {
        "chart": to_chart(
            lines,
            title=title,
            unit=unit,
            decimals=decimals,
            levels=levels,
            band=band,
            csv=csv,
            src=src,
            height=height,
            table=table,
        )
    }


@register.inclusion_tag("web/charts/bar_chart.html")
def bar_chart(  # noqa: PLR0913
    bars: Sequence[Any],
    *,
    title: str = "",
    unit: str = "",
    decimals: int = 0,
    csv: str = "",
    height: int = 240,
) -> dict[str, Chart]:
    """Draw bars (anything with label and value) as a figure with a sentence, a table and the data."""
    return {
        "chart": bars_to_chart(
            bars_of(bars), title=title, unit=unit, decimals=decimals, csv=csv, height=height
        )
    }


@register.inclusion_tag("web/parts/map.html", name="map")
def map_tag(
    places: Iterable[Any],
    *,
    src: str,
    title: str,
    query: str = "",
    wide: bool = False,
) -> dict[str, object]:
    """Draw a list of places and, where scripts run, the map beside it.

    `places` are `web.maps.Place` or GeoJSON features; `src` answers with the same as GeoJSON.
    `title` names the map for screen readers and must differ from that of other maps on the page.
    """
    listed = [one if isinstance(one, Place) else place_of(one, number) for number, one in enumerate(places)]
    return {
        "places": [place for place in listed if place is not None],
        "src": f"{src}?{query}" if query else src,
        "setup": map_setup(title),
        "wide": wide,
    }


@register.inclusion_tag("web/parts/breadcrumb.html")
def page_breadcrumb(page: Any) -> dict[str, object]:  # noqa: ANN401  # any Wagtail page
    """Draw the way to a Wagtail page."""
    above = page.get_ancestors().filter(depth__gt=1).live() if page.pk else ()
    return {"links": [Link(one.title, one.url) for one in above], "current": page.title}


@register.simple_tag
def plot_words() -> str:
    """Return the words of the long chart as JSON."""
    words = {
        "24h": _("24 hours"),
        "7d": _("7 days"),
        "30d": _("30 days"),
        "1y": _("1 year"),
        "range": _("Time span"),
        "error": _("The values cannot be loaded now."),
        "empty": _("There are no values in this time span."),
    }
    return json.dumps(words, ensure_ascii=False)
