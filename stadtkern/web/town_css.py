"""The colours of the town as a style sheet on top of KERN's tokens."""

import hashlib
from dataclasses import dataclass
from functools import cache

from stadtkern.web.town import Look


@dataclass(frozen=True, slots=True)
class StyleSheet:
    """A style sheet and the name that changes with it."""

    text: str
    digest: str


@cache
def town_css(look: Look) -> StyleSheet:
    """Return the style sheet of the town."""
    light = f"--sk-accent:{look.accent_light};--kern-color-action-default:{look.accent_light}"
    dark = f"--sk-accent:{look.accent_dark};--kern-color-action-default:{look.accent_dark}"
    text = (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
        f':root[data-kern-theme="light"]{{{light}}}\n'
        f':root[data-kern-theme="dark"]{{{dark}}}\n'
        f"@media print{{:root,:root[data-kern-theme]{{{light}}}}}\n"
    )
    return StyleSheet(text, hashlib.sha256(text.encode()).hexdigest()[:12])
