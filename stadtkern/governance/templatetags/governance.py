"""Tags of `{% load governance %}`."""

from collections.abc import Mapping
from datetime import timedelta

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language

from stadtkern.governance.durations import in_words as words
from stadtkern.web.fields import in_language

register = template.Library()


@register.filter
def in_words(span: timedelta) -> str:
    """Write a span of time as people say it."""
    return words(span)


@register.simple_tag
def translated(texts: Mapping[str, str]) -> str:
    """Show a text in the active language; one in another language says so to screen readers."""
    text, language = in_language(texts)
    if language == (get_language() or "").partition("-")[0]:
        return format_html("{}", text)
    return format_html('<span lang="{}">{}</span>', language, text)
