"""How a dataset is named in texts: as a sentence, and as BibTeX."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Dataset, Version

SPECIAL = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True, slots=True)
class Citation:
    """How to name a dataset."""

    text: str
    bibtex: str


def citation(dataset: Dataset, version: Version | None = None, *, licence: str = "") -> Citation:
    """Return how to name a dataset, or one edition of a table of it."""
    path = dataset.get_absolute_url()
    if version is not None:
        path += f"versions/{version.number}/"
    address = f"{settings.PUBLIC_URL}{path}"
    changed = (version.created_at if version else None) or dataset.modified or dataset.issued or now()
    year = timezone.localtime(changed).year
    facts = {
        "publisher": str(dataset.publisher),
        "year": year,
        "title": dataset.get_title(),
        "version": version.number if version else "",
        "address": address,
        "today": date_format(timezone.localtime(now()), "DATE_FORMAT"),
        "licence": licence,
    }
    if version is not None:
        text = _("%(publisher)s (%(year)s): %(title)s. Version %(version)s. %(address)s (%(today)s).") % facts
    else:
        text = _("%(publisher)s (%(year)s): %(title)s. %(address)s (%(today)s).") % facts
    if licence:
        text += " " + _("Licence: %(licence)s.") % facts
    return Citation(text, _bibtex(dataset, changed, version, address, licence))


def _bibtex(dataset: Dataset, changed: datetime, version: Version | None, address: str, licence: str) -> str:
    local = timezone.localtime(changed)
    fields = {
        "author": f"{{{_tex(str(dataset.publisher))}}}",
        "title": f"{{{_tex(dataset.get_title())}}}",
        "year": str(local.year),
        "month": str(local.month),
        "version": str(version.number) if version else "",
        "publisher": _tex(str(dataset.publisher)),
        "url": address,
        "urldate": timezone.localtime(now()).date().isoformat(),
        "note": _tex(licence),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value and value != "{}"]
    return "\n".join([f"@misc{{{dataset.slug},", *lines, "}"])


def _tex(text: str) -> str:
    """Return a text in which no sign means something to TeX."""
    return SPECIAL.sub(r"\\\1", text.replace("\\", "").replace("\n", " "))
