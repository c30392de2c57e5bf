"""The words of a document as they go into the full text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexedText:
    """Folded words in their order, and what else the document is found by."""

    title: list[str]
    body: list[str]
    """Keywords, text and hidden words."""
    title_more: set[str]
    """Stems and parts of compounds of the title; no phrase is looked for in them."""
    body_more: set[str]
