"""Tags of `{% load catalogue %}`."""

from collections.abc import Sequence

from django import template
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
def first_table(offers: Sequence[Offer]) -> Offer | None:
    """Return the first way to have the data that is a table."""
    return next((offer for offer in offers if offer.version), None)


@register.filter
def difference_words(version: Version) -> str:
    """Say what changed in an edition; empty if it is the first."""
    found = changes(version)
    return found.sentence if found else ""
