"""A few processes that run codecs; one that hangs is ended and replaced, the others go on."""

import atexit
import contextlib
import hashlib
import os
import queue
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from stadtkern.base.errors import BadInput

Kind = Literal["uplink", "encode", "decode"]
WORKER = Path(__file__).with_name("worker.py")
HEADER = struct.Struct(">I")
CHUNK = 250
"""Calls in one round trip; a large batch is spread over the workers."""
LARGEST_SCRIPT = 1_000_000
LARGEST_PAYLOAD = 512
"""Bytes; LoRaWAN itself carries at most 242 (regional parameters RP002)."""
CHUNK_SECONDS = 8.0
CALL_SECONDS = 2.0
MOST_KILLED = 3
SUSPENDED_SECONDS = 300.0
HANGS = "the codec was stopped: it did not answer within {0:g} seconds"
SUSPENDED = "not tried: the codec hung several times and rests for some minutes"
ENDED = "the process of the codec ended unexpectedly (perhaps it wanted too much memory)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What a codec made of one call."""

    data: Any = None
    normalized: Sequence[Mapping[str, Any]] = ()
    payload: bytes = b""
    """Of an encoded downlink."""
    port: int | None = None
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()
    console: Sequence[str] = ()


class Result(msgspec.Struct):
    """A result as the worker writes it."""

    data: Any = None
    normalized: Any = None
    bytes: list[int] | None = None
    fPort: Any = None  # noqa: N815  # its name in the JSON
    warnings: list[str] = []
    errors: list[str] = []
    console: list[str] = []


class Answer(msgspec.Struct):
    """An answer as the worker writes it."""

    results: msgspec.Raw = msgspec.Raw(b"[]")
    is_unknown: bool = False
    problem: str = ""


class HangsError(Exception):
    """The worker did not answer in time, or is gone."""


@dataclass(frozen=True, slots=True)
class Script:
    """The text of a codec with the name under which workers remember it."""

    text: str
    digest: str = ""

    @classmethod
    def of(cls, text: str) -> "Script":
        """Return a script; refuse one that is far too large."""
        if len(text) > LARGEST_SCRIPT:
            raise BadInput(f"The codec is larger than {LARGEST_SCRIPT} characters.")
        return cls(text, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest())


class Worker:
    """One process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )

    def ask(self, body: bytes, seconds: float) -> Answer:
        """Send a request and wait for the answer; raise `HangsError` when it does not come in time."""
        limit = time.monotonic() + seconds
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise HangsError(ENDED)
        try:
            stdin.write(HEADER.pack(len(body)) + body)
            stdin.flush()
            size = HEADER.unpack(self._read(stdout.fileno(), HEADER.size, limit))[0]
            return msgspec.json.decode(self._read(stdout.fileno(), size, limit), type=Answer)
        except (OSError, ValueError) as error:
            raise HangsError(ENDED) from error

    @staticmethod
    def _read(handle: int, size: int, limit: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            ready, _, _ = select.select([handle], [], [], max(0.0, limit - time.monotonic()))
            if not ready:
                raise HangsError
            part = os.read(handle, min(size - len(found), 1 << 20))
            if not part:
                raise HangsError(ENDED)
            found += part
        return bytes(found)

    def end(self) -> None:
        """End the process at once."""
        self.process.kill()
        with contextlib.suppress(OSError):
            self.process.communicate()


@dataclass
class Pool:
    """At most `size` workers, started when they are needed; usable from many threads."""

    size: int = 2
    _free: "queue.LifoQueue[Worker | None]" = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)
    _killed: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._free = queue.LifoQueue()
        for _number in range(self.size):
            self._free.put(None)
        self._threads = ThreadPoolExecutor(self.size, thread_name_prefix="codec")

    def run(self, script: Script, kind: Kind, calls: Sequence[Mapping[str, Any]]) -> list[Decoded]:
        """Run a codec on all calls; every call gets a result, in order.

        Parameters
        ----------
        calls
            for `uplink` and `decode`: {"bytes": list[int], "fPort": int, "time": ISO 8601 or ms,
            "variables": dict}; for `encode`: {"data": object, "fPort": int}.
        """
        chunks = [calls[start : start + CHUNK] for start in range(0, len(calls), CHUNK)]
        if len(chunks) == 1:
            return self._chunk(script, kind, chunks[0])
        found = self._threads.map(lambda chunk: self._chunk(script, kind, chunk), chunks)
        return [result for part in found for result in part]

    def functions(self, script: Script) -> list[str]:
        """Return the names of the functions that a codec offers.

        Raises
        ------
        BadInput
            if it cannot be loaded; the text says why and in which line.
        """
        try:
            answer = self._ask(script, "offered", [], CALL_SECONDS)
        except HangsError as error:
            raise BadInput(str(error) or HANGS.format(CALL_SECONDS)) from None
        if answer.problem:
            raise BadInput(answer.problem)
        return msgspec.json.decode(answer.results, type=list[str])

    def close(self) -> None:
        """End all workers."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while True:
            try:
                worker = self._free.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.end()

    def _chunk(self, script: Script, kind: Kind, calls: Sequence[Mapping[str, Any]]) -> list[Decoded]:
        if self._rests(script):
            return [Decoded(errors=(SUSPENDED,))] * len(calls)
        try:
            return self._results(script, kind, calls, CHUNK_SECONDS if len(calls) > 1 else CALL_SECONDS)
        except HangsError as error:
            if len(calls) == 1:
                self._note_kill(script)
                return [Decoded(errors=(str(error) or HANGS.format(CALL_SECONDS),))]
        # one of them hangs: each by itself, so that the others get their results
        return [result for call in calls for result in self._chunk(script, kind, [call])]

    def _results(
        self, script: Script, kind: Kind, calls: Sequence[Mapping[str, Any]], seconds: float
    ) -> list[Decoded]:
        answer = self._ask(script, kind, calls, seconds)
        if answer.problem:
            return [Decoded(errors=(answer.problem,))] * len(calls)
        return list(map(_decoded, msgspec.json.decode(answer.results, type=list[Result])))

    def _ask(self, script: Script, kind: str, calls: Sequence[Mapping[str, Any]], seconds: float) -> Answer:
        request = {"codec": script.digest, "kind": kind, "calls": calls}
        worker = self._free.get() or Worker()
        try:
            answer = worker.ask(msgspec.json.encode(request), seconds)
            if answer.is_unknown:
                answer = worker.ask(msgspec.json.encode({**request, "script": script.text}), seconds)
        except BaseException:
            worker.end()
            self._free.put(None)
            raise
        self._free.put(worker)
        return answer

    def _note_kill(self, script: Script) -> None:
        with self._lock:
            self._killed.setdefault(script.digest, []).append(time.monotonic())

    def _rests(self, script: Script) -> bool:
        with self._lock:
            limit = time.monotonic() - SUSPENDED_SECONDS
            recent = [moment for moment in self._killed.get(script.digest, ()) if moment > limit]
            self._killed[script.digest] = recent
            if not recent:
                del self._killed[script.digest]
            return len(recent) >= MOST_KILLED


def _decoded(result: Result) -> Decoded:
    port = result.fPort
    return Decoded(
        data=result.data,
        normalized=_objects(result.normalized),
        payload=bytes(result.bytes or ()),
        port=port if isinstance(port, int) and not isinstance(port, bool) else None,
        warnings=result.warnings,
        errors=result.errors,
        console=result.console,
    )


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Iterable) else []


_pools: dict[int, Pool] = {}
_making = threading.Lock()


def pool(size: int = 2) -> Pool:
    """Return the pool of this process."""
    with _making:
        own = _pools.get(os.getpid())
        if own is None:
            own = _pools[os.getpid()] = Pool(size)
            atexit.register(own.close)
        return own
