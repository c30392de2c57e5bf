"""Text with headings of its own page and a picture."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy
from wagtail.images import get_image_model

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile


def context(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the text and the picture, if it still exists."""
    number = config.get("image")
    image = get_image_model().objects.filter(pk=number).first() if number else None
    return {"text": config.get("text") or "", "image": image, "alternative": config.get("alternative") or ""}


tile = Tile(
    title=gettext_lazy("Text and picture"),
    description=gettext_lazy("Something you want to tell, with a picture if you like."),
    template="tiles/text/tile.html",
    context=context,
    options=(
        Option(name="text", kind="long_text", label=gettext_lazy("Text")),
        Option(name="image", kind="image", label=gettext_lazy("Picture")),
        Option(
            name="alternative",
            kind="text",
            label=gettext_lazy("What the picture shows"),
            help=gettext_lazy(
                "Read aloud to people who do not see it. Empty only if the picture is mere decoration."
            ),
        ),
    ),
    queries=3,
)
