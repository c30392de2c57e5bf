"""The kinds of catalogues that can be harvested."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label
from stadtkern.harvest.readers.base import Reader


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of catalogue."""

    title: Label
    help_text: Label
    module: str


def _kind(title: Label, help_text: Label, module: str) -> Kind:
    return Kind(title, help_text, f"stadtkern.harvest.readers.{module}")


READERS: Mapping[str, Kind] = {
    "ckan": _kind(_("CKAN"), _("Address of the portal; its action API is asked."), "ckan"),
    "dcat": _kind(
        _("DCAT-AP (RDF)"),
        _("Address of a catalogue in Turtle, RDF/XML or JSON-LD; further pages are found by themselves."),
        "dcat",
    ),
    "csw": _kind(_("CSW (ISO 19139)"), _("Address of a catalogue service of geodata (CSW 2.0.2)."), "csw"),
    "records": _kind(
        _("OGC API Records"), _("Address of a collection of records, ending in /items."), "records"
    ),
    "features": _kind(
        _("OGC API Features"), _("Address of the service; each collection becomes a dataset."), "features"
    ),
    "sensorthings": _kind(
        _("SensorThings"), _("Address of the service with its version, ending in /v1.1."), "sensorthings"
    ),
    "files": _kind(
        _("list of files"),
        _("Address of a folder (HTML), or of a list as CSV or JSON with a column “url”."),
        "files",
    ),
}


def reader_of(kind: str) -> Reader:
    """Return the reader of a kind; libraries are loaded only where they are needed."""
    found: Callable[..., object] = import_module(READERS[kind].module).read
    return found  # type: ignore[return-value]  # modules have no types of their contents
