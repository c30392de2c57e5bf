"""What an editor fills in for a tile, made from the tile's own options."""

from collections.abc import Callable
from typing import Any

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from stadtkern.contracts.option import Option
from stadtkern.contracts.tile import Tile
from stadtkern.dashboards.choosers import DatastreamKeyBlock
from stadtkern.dashboards.registry import SECTION, tiles

RICH_TEXT = ["bold", "italic", "link", "ol", "ul", "document-link"]
ADDRESS = RegexValidator(
    r"^(https?://|/(?!/)|mailto:|tel:)\S+$",
    _("Write an address such as https://example.org or /de/sensors/."),
)

COLUMNS = {1: _("one column"), 2: _("two columns"), 3: _("three columns, the whole width")}


def link_block(**kwargs: Any) -> blocks.StructBlock:  # noqa: ANN401
    """Return the fields of one link."""
    fields = [
        ("text", blocks.CharBlock(label=_("Text of the link"), max_length=120)),
        ("address", blocks.CharBlock(label=_("Address"), max_length=500, validators=[ADDRESS])),
    ]
    return blocks.StructBlock(fields, **kwargs)


def _list(child: blocks.Block, common: dict[str, Any]) -> blocks.ListBlock:
    return blocks.ListBlock(child, min_num=1 if common["required"] else 0, **common)


FIELDS: dict[str, Callable[[Option, dict[str, Any]], blocks.Block]] = {
    "text": lambda _o, common: blocks.CharBlock(max_length=250, **common),
    "long_text": lambda _o, common: blocks.RichTextBlock(features=RICH_TEXT, **common),
    "number": lambda _o, common: blocks.FloatBlock(**common),
    "boolean": lambda _o, common: blocks.BooleanBlock(**(common | {"required": False})),
    "choice": lambda o, common: blocks.ChoiceBlock(choices=list(o.choices), **common),
    "url": lambda _o, common: blocks.URLBlock(**common),
    "datastream": lambda _o, common: DatastreamKeyBlock(**common),
    "datastreams": lambda _o, common: _list(DatastreamKeyBlock(), common),
    "image": lambda _o, common: ImageChooserBlock(**common),
    "list": lambda _o, common: _list(blocks.CharBlock(max_length=250), common),
    "links": lambda _o, common: _list(link_block(), common),
}


def option_block(option: Option) -> blocks.Block:
    """Return the form field of one option."""
    common: dict[str, Any] = {"label": option.label, "help_text": option.help, "required": option.required}
    if option.default is not None:
        common["default"] = option.default
    elif option.kind == "text":
        common["default"] = ""  # wagtail-localize takes no None for a text
    return FIELDS[option.kind](option, common)


def tile_block(tile: Tile) -> blocks.StructBlock:
    """Return the form of one kind of tile: its own options and what all tiles have."""
    columns = [(str(n), COLUMNS[n]) for n in tile.spans]
    title = blocks.CharBlock(
        label=_("Title"),
        required=False,
        default="",
        max_length=120,
        help_text=_("Everybody sees it above the tile. Empty: the usual title of this kind of tile."),
    )
    explanation = blocks.TextBlock(
        label=_("Explanation in plain words"),
        required=False,
        default="",
        max_length=1000,
        rows=3,
        help_text=_("Opens below the tile when somebody asks what it means."),
    )
    span = blocks.ChoiceBlock(
        label=_("Width"),
        choices=columns,
        default=str(tile.spans[0]),
        help_text=_("On a phone every tile is as wide as the screen."),
    )
    children = [("title", title), *((o.name, option_block(o)) for o in tile.options)]
    children += [("explanation", explanation), ("span", span)]
    return blocks.StructBlock(
        children,
        label=tile.title,
        description=tile.description,
        icon="table",
        group=_("Tiles"),
        label_format="{title}",
    )


def section_block() -> blocks.StructBlock:
    """Return the form of a heading that starts a new group of tiles."""
    heading = blocks.CharBlock(label=_("Heading"), max_length=120)
    return blocks.StructBlock(
        [("heading", heading)],
        label=_("New section"),
        description=_("A heading; the tiles after it belong to it."),
        icon="title",
        group=_("Structure"),
        label_format="{heading}",
    )


def tiles_block() -> blocks.StreamBlock:
    """Return the stream of all kinds of tiles, in alphabetical order of their titles' slugs."""
    kinds = [(slug, tile_block(tile)) for slug, tile in tiles().items()]
    return blocks.StreamBlock([*kinds, (SECTION, section_block())], required=False)
