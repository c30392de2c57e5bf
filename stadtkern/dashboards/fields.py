"""A stream of tiles whose kinds are found at run time."""

from typing import Any

from django.db import models
from django.utils.functional import cached_property
from wagtail.blocks import StreamBlock
from wagtail.fields import StreamField


class TilesField(StreamField):
    """A StreamField of the tiles that are installed.

    The kinds of tiles are no part of a migration: a tile that is copied into the package or taken out again
    changes no table. A migration therefore sees the tiles of today, which keeps their contents readable.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.pop("block_lookup", None)
        super().__init__([], **kwargs)

    @cached_property
    def stream_block(self) -> StreamBlock:
        """Build the blocks on first use, when all apps are loaded."""
        from stadtkern.dashboards.blocks import tiles_block  # noqa: PLC0415  # tiles import models of other apps

        block = tiles_block()
        block.set_meta_options(self.block_opts)
        return block

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Describe the column without its blocks."""
        name, path, _args, kwargs = models.Field.deconstruct(self)
        return name, path, [], dict(kwargs)
