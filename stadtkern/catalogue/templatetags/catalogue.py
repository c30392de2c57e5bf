"""Tags of `{% load catalogue %}`."""

from collections.abc import Sequence

from django import template
from django.http import QueryDict
from django.utils.formats import number_format

from stadtkern.catalogue.changes import changes
from stadtkern.catalogue.models import Version
from stadtkern.catalogue.showing import Offer

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Write a whole number with its thousands mark."""
    return number_format(number, force_grouping=True)


@register.filter
def get(parameters: QueryDict, name: str) -> str:
    """Return a parameter of an address; empty if it is not there."""
    return parameters.get(name, "")


@register.filter
def first_table(offers: Sequence[Offer]) -> Offer | None:
    """Return the first way to have the data that is a table."""
    return next((offer for offer in offers if offer.version), None)


@register.filter
def difference_words(version: Version) -> str:
    """Say what changed in an edition; empty if it is the first."""
    found = changes(version)
    return found.sentence if found else ""


COLOURS = ("#12506b", "#a33b12", "#5b3fa0", "#3d6b12")
DASHES = ("", "8 5", "2 5", "12 4 2 4")
"""Of the lines of a chart, as in the style sheet; a picture that leaves the page has no style sheet."""


@register.filter
def series_colour(number: int) -> str:
    """Return the colour of a line."""
    return COLOURS[(number - 1) % len(COLOURS)]


@register.filter
def series_dash(number: int) -> str:
    """Return the dashes of a line."""
    return DASHES[(number - 1) % len(DASHES)]


@register.filter
def share_top(number: int) -> int:
    """Return where a bar lies in a picture."""
    return 80 + 30 * number


@register.filter
def legend_left(number: int) -> int:
    """Return where an entry of the legend stands in a picture."""
    return 96 + 210 * number
