"""One setting that an editor may choose for a plugin, without writing code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Label: TypeAlias = object
"""A text or a lazily translated text; `str()` gives it in the active language."""

OptionKind: TypeAlias = Literal[
    "text",
    "long_text",
    "number",
    "boolean",
    "choice",
    "url",
    "datastream",
    "datastreams",
    "image",
    "list",
    "links",
    "secret",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A named setting with its form field.

    `datastream` holds the key of one datastream, `datastreams` a list of keys, `list` a list of texts,
    `links` a list of `{"text", "address"}`, `image` the number of a picture in the back office, `long_text`
    HTML with paragraphs, lists and links, `secret` a password or key: stored encrypted, never shown.
    """

    name: str
    kind: OptionKind
    label: Label
    help: Label = ""
    required: bool = False
    default: object = None
    choices: Sequence[tuple[str, Label]] = ()
