"""Alarms that parts below the rules raise themselves, such as a device that has fallen silent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something to be told, or its end."""

    kind: str
    """Short name of what is watched, such as `silent-device`."""
    subject: str
    """What it is about; there is one standing alarm for each kind and subject."""
    is_over: bool = False
    title: str = ""
    """English text that is translated with the program (`gettext_noop`)."""
    text: str = ""
    """The same, with `%(name)s` for each of `params`."""
    params: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    severity: int = 1
    """1 note, 2 warning, 3 danger, 4 extreme danger."""


Listener = Callable[[Alarm], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Let somebody hear of every alarm."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(alarm: Alarm) -> None:
    """Raise or end an alarm, in the transaction of the caller; repeating it does no harm."""
    for listener in _listeners:
        listener(alarm)
