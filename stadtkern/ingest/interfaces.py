"""The published interfaces that are offered over MQTT, too."""

from collections.abc import Mapping
from functools import cache

from stadtkern.base.plugins import plugins
from stadtkern.contracts.messages import Messages
from stadtkern.contracts.standard import Standard


@cache
def interfaces() -> Mapping[str, Messages]:
    """Return what each interface offers, by its slug."""
    standards = plugins("stadtkern.standards", "standard", Standard)
    return {slug: one.messages() for slug, one in standards.items() if one.messages is not None}
