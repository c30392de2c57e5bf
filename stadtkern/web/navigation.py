"""The main navigation: at most six entries, only those whose page exists."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stadtkern.contracts.option import Label

MOST = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: its title and the name of its address."""

    title: Label
    name: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as a page shows it."""

    title: Label
    url: str
    is_current: bool = False


MAIN: Sequence[Entry] = (
    Entry(_("Cockpit"), "wagtail_serve", ("",)),
    Entry(_("Map"), "map"),
    Entry(_("Data"), "datasets"),
    Entry(pgettext_lazy("navigation", "Take part"), "participation"),
    Entry(_("Strategy"), "strategy"),
    Entry(_("Safety"), "resilience"),
)
FOOTER: Sequence[Entry] = (
    Entry(_("Accessibility"), "wagtail_serve", ("accessibility/",)),
    Entry(_("Easy language"), "wagtail_serve", ("easy/",)),
    Entry(_("Report a barrier"), "report-barrier"),
    Entry(_("Register of sensors and data"), "register"),
    Entry(_("Imprint"), "wagtail_serve", ("imprint/",)),
    Entry(_("Privacy"), "wagtail_serve", ("privacy/",)),
)


def address(entry: Entry) -> str | None:
    """Return where the entry leads in the active language; None while there is no such page."""
    try:
        return reverse(entry.name, args=entry.args)
    except NoReverseMatch:
        return None


def links(entries: Sequence[Entry], path: str) -> list[Link]:
    """Return the entries that exist; the one that leads furthest towards `path` is the current one."""
    found = [(entry.title, url) for entry in entries if (url := address(entry))]
    above = [url for _title, url in found if path == url or (path.startswith(url) and url.count("/") > 2)]  # noqa: PLR2004  # /de/
    current = max(above, key=len, default=None)
    return [Link(title, url, url == current) for title, url in found]


def main_links(path: str) -> list[Link]:
    """Return the main navigation for the page at `path`."""
    return links(MAIN, path)[:MOST]


def footer_links(path: str) -> list[Link]:
    """Return the links every page ends with."""
    return links(FOOTER, path)
