"""One process of the pool: reads calls from standard input, runs codecs, writes results to standard output.

It knows nothing of the rest of the program and needs nothing of it: no Django, no files, no network, an
empty environment, little memory. Whoever started it ends it when it does not answer in time.

A frame is a length (4 bytes, big-endian) and a JSON document. A request names the codec by its digest; its
text comes along only when the worker said that it does not know it.
"""

import contextlib
import resource
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec
import quickjs

CONTEXT_BYTES = 32_000_000
PROCESS_BYTES = 1_000_000_000
STACK_BYTES = 256 * 1024
MOST_CONTEXTS = 32
CALL_SECONDS = 0.5
"""CPU time that one call may take."""
BATCH_SECONDS = 1.0
"""CPU time that a batch gets besides a little for each call; after it each call is tried by itself."""
MOST_INTERRUPTED = 3
"""After so many calls without an end the rest of the batch is not tried."""
TAMPERS = (
    r"/\b(prototype|__proto__|globalThis|defineProperty|setPrototypeOf|eval|Function)\b"
    r"|\b(Math|JSON|Object|Array|String|Number|Date|Buffer|Reflect|RegExp)"
    r"\s*(\.\s*\w+|\[[^\]]*\])\s*=[^=]/"
)
"""A pattern (of JavaScript) for codecs that may change what all calls share."""
FUNCTIONS = (
    "decodeUplink",
    "normalizeUplink",
    "encodeDownlink",
    "decodeDownlink",
    "Decoder",
    "Encoder",
    "Decode",
    "Encode",
)
HERE = Path(__file__).parent
STOPPED = "the codec was stopped: it ran longer than {0:g} seconds"
GIVEN_UP = "not tried: the codec did not come to an end several times"
HEADER = struct.Struct(">I")


class Request(msgspec.Struct):
    """Calls of one codec."""

    codec: str
    kind: str
    calls: msgspec.Raw
    script: str | None = None


class Answer(msgspec.Struct, omit_defaults=True):
    """What became of the calls: a JSON array with an object for each."""

    results: msgspec.Raw = msgspec.Raw(b"[]")
    is_unknown: bool = False
    """The text of the codec is wanted."""
    problem: str = ""
    """The codec itself cannot be used."""


class Codec:
    """A codec in a context of its own: no other codec can see or change anything of it."""

    def __init__(self, script: str) -> None:
        self.script = script
        self.tampers = False
        """The codec touches what all calls share: each call gets a context of its own then."""
        self.run = self.load()
        self.tampers = bool(self.probe())

    def load(self) -> Callable[[str, str], str]:
        """Return the function that runs calls."""
        context = quickjs.Context()
        context.set_memory_limit(CONTEXT_BYTES)
        context.set_max_stack_size(STACK_BYTES)
        context.set_time_limit(CALL_SECONDS)
        found = ", ".join(f"{name}: typeof {name} === 'function' ? {name} : undefined" for name in FUNCTIONS)
        # the codec begins on the first line, so that line numbers in its errors are those of its text
        maker = f"(function (console, Buffer, module, exports) {{{self.script}\n;return {{{found}}};}})"
        run: Callable[[str, str], str] = harness(context)(context.eval(maker))
        self.context = context
        return run

    def probe(self) -> str:
        """Look for the words by which a codec reaches beyond itself; raise if it cannot even be loaded."""
        self.run("offered", "")
        context = quickjs.Context()
        context.set("script", self.script)
        return "yes" if context.eval(f"{TAMPERS}.test(script)") else ""

    def call(self, kind: str, calls: str, seconds: float) -> str:
        """Run calls in the present context."""
        self.context.set_time_limit(seconds)
        return self.run(kind, calls)

    def results(self, kind: str, calls: msgspec.Raw) -> bytes:
        """Run calls; those that do not end are named, the others have their results."""
        singles = msgspec.json.decode(calls, type=list[msgspec.Raw])
        if not self.tampers:
            with contextlib.suppress(quickjs.JSException):
                whole = bytes(calls).decode()
                return f"[{self.call(kind, whole, BATCH_SECONDS + len(singles) * 0.001)}]".encode()
            self.run = self.load()
        return b"[" + b",".join(self.one_by_one(kind, singles)) + b"]"

    def one_by_one(self, kind: str, singles: list[msgspec.Raw]) -> list[bytes]:
        """Run calls each by itself."""
        found: list[bytes] = []
        interrupted = 0
        for single in singles:
            if interrupted >= MOST_INTERRUPTED:
                found.append(complaint(GIVEN_UP))
                continue
            try:
                found.append(self.call(kind, f"[{bytes(single).decode()}]", CALL_SECONDS).encode())
            except quickjs.JSException as error:
                interrupted += 1
                stopped = "interrupted" in str(error)
                found.append(complaint(STOPPED.format(CALL_SECONDS) if stopped else first_line(error)))
                self.run = self.load()
            else:
                if self.tampers:
                    self.run = self.load()
        return found


def inner(name: str) -> str:
    """Return the function in a file of ours, without the remarks before it."""
    return "(function" + (HERE / name).read_text(encoding="utf-8").split("\n(function", 1)[1].rstrip()


HARNESS = inner("harness.js")
BUFFER = inner("buffer.js")


def harness(context: quickjs.Context) -> Callable[[object], Callable[[str, str], str]]:
    """Return the function that puts a codec into the harness, in a context."""
    made: Callable[[object], Callable[[str, str], str]] = context.eval(f"({HARNESS})({BUFFER})")
    return made


def complaint(text: str) -> bytes:
    """Return the result of a call that failed as a whole."""
    return msgspec.json.encode({"errors": [text]})


def first_line(error: Exception) -> str:
    """Return the message of an error without its stack."""
    return str(error).strip().split("\n", 1)[0][:300]


def answer(codecs: "OrderedDict[str, Codec]", request: Request) -> Answer:
    """Run the calls of a request."""
    codec = codecs.get(request.codec)
    if codec is None:
        if request.script is None:
            return Answer(is_unknown=True)
        try:
            codec = Codec(request.script)
        except quickjs.JSException as error:
            return Answer(problem=load_problem(error))
        codecs[request.codec] = codec
        if len(codecs) > MOST_CONTEXTS:
            codecs.popitem(last=False)
    codecs.move_to_end(request.codec)
    if request.kind == "offered":
        return Answer(results=msgspec.Raw(codec.call("offered", "", CALL_SECONDS).encode()))
    return Answer(results=msgspec.Raw(codec.results(request.kind, request.calls)))


def load_problem(error: Exception) -> str:
    """Return why a codec cannot be loaded, with the line."""
    text = str(error).strip()
    if "interrupted" in text:
        return STOPPED.format(CALL_SECONDS)
    _message, _sign, line = text.partition("<input>:")
    number = line.split(":", 1)[0].split(")", 1)[0].strip()
    return first_line(error) + (f" (line {number})" if number.isdecimal() else "")


def read_frame(stream: BinaryIO) -> bytes:
    """Return the next frame; empty at the end."""
    header = stream.read(HEADER.size)
    return stream.read(HEADER.unpack(header)[0]) if len(header) == HEADER.size else b""


def main() -> None:
    """Serve until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (PROCESS_BYTES, PROCESS_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    codecs: OrderedDict[str, Codec] = OrderedDict()
    encoder = msgspec.json.Encoder()
    decoder = msgspec.json.Decoder(Request)
    while frame := read_frame(sys.stdin.buffer):
        body = encoder.encode(answer(codecs, decoder.decode(frame)))
        sys.stdout.buffer.write(HEADER.pack(len(body)) + body)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
