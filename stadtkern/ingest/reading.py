"""Run a connector on one answer without letting it hang or flood us."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stadtkern.contracts.connector import Connector, Context, Item, SourceError

T = TypeVar("T")
PARSE_SECONDS = 60.0
MAX_ITEMS = 500_000


class TooSlowError(SourceError):
    """A connector did not come to an end."""


@dataclass
class _Call(Generic[T]):
    function: Callable[[], T]
    done: threading.Event = field(default_factory=threading.Event)
    result: T | None = None
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self.function()
        except BaseException as error:  # noqa: BLE001  # raised again by the caller
            self.error = error
        finally:
            self.done.set()


def bounded(function: Callable[[], T], *, seconds: float) -> T:
    """Return `function()`, or give up after `seconds`.

    The function runs in a thread of its own that is left behind when it does not end; the caller goes on.

    Raises
    ------
    TooSlowError
        if the time is over.
    """
    call = _Call(function)
    threading.Thread(target=call.run, daemon=True, name="bounded").start()
    if not call.done.wait(seconds):
        raise TooSlowError(f"reading the answer took longer than {seconds:g} seconds")
    if call.error is not None:
        raise call.error
    return call.result  # type: ignore[return-value]  # no error: the function returned a T


def collect(items: Iterable[Item], *, seconds: float, most: int) -> list[Item]:
    """Return the items of a connector; stop it when it takes too long or gives too many."""
    limit = time.monotonic() + seconds
    found: list[Item] = []
    for item in items:
        found.append(item)
        if len(found) > most:
            raise SourceError(f"the answer holds more than {most} readings")
        if len(found) % 1000 == 0 and time.monotonic() > limit:
            raise TooSlowError(f"reading the answer took longer than {seconds:g} seconds")
    return found


def read(
    connector: Connector,
    body: bytes,
    context: Context,
    *,
    seconds: float = PARSE_SECONDS,
    most: int = MAX_ITEMS,
) -> list[Item]:
    """Return what a connector finds in an answer.

    Raises
    ------
    SourceError
        if the answer cannot be used: the connector says so, crashes, is too slow or gives too much.
    """
    return bounded(
        lambda: plain_read(connector, body, context, seconds=seconds, most=most), seconds=seconds * 1.5
    )


def plain_read(
    connector: Connector,
    body: bytes,
    context: Context,
    *,
    seconds: float = PARSE_SECONDS,
    most: int = MAX_ITEMS,
) -> list[Item]:
    """Do as `read` does, in this thread; a connector that gives no items and does not end hangs."""
    try:
        return collect(connector.parse(body, context), seconds=seconds, most=most)
    except SourceError:
        raise
    except MemoryError:
        raise SourceError("the answer is too large to be read") from None
    except Exception as error:  # a connector must never take others down
        raise SourceError(describe_crash(error)) from error


def describe_crash(error: Exception) -> str:
    """Return one line about an error that a connector did not foresee."""
    text = " ".join(str(error).split())[:200]
    return f"the connector could not read the answer ({type(error).__name__}: {text})"
