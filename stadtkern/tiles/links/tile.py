"""A list of links."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the links; those that lead elsewhere name the site."""
    links = [
        {"text": link["text"], "address": link["address"], "site": urlsplit(link["address"]).hostname or ""}
        for link in config.get("links") or ()
        if link.get("text") and link.get("address")
    ]
    return {"links": links, "sentence": config.get("introduction") or ""}


tile = Tile(
    title=gettext_lazy("Links"),
    description=gettext_lazy("A short list of addresses."),
    template="tiles/links/tile.html",
    context=context,
    options=(
        Option(name="introduction", kind="text", label=gettext_lazy("Sentence above the list")),
        Option(name="links", kind="links", label=gettext_lazy("Links"), required=True),
    ),
    queries=0,
)
