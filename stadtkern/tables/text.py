"""Text files as a stream of valid UTF-8, however they were written."""

import codecs
import io
import re
from collections import Counter
from pathlib import Path

from stadtkern.tables.model import TableError

SAMPLE = 262_144
BLOCK = 4_194_304
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "iso-8859-1", "iso-8859-15", "cp1250", "iso-8859-2", "cp852", "cp850", "cp437", "mac-roman")  # fmt: skip  # noqa: E501
_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_GERMAN = frozenset("äöüßÄÖÜ€§°²³éèàč–„“”’µ½")
_SORBIAN = frozenset("čćěłńóřŕšśžźČĆĚŁŃÓŘŔŠŚŽŹ")
_PLACES = 8
_WRONG = re.compile("[\udc80-\udcff]+")
_END_OF_FILE = b"\x1a"
"""Ends files that came through CP/M and DOS programs."""

MOST_LINES = 20
"""As many numbers of lines as a person looks at."""


def guess_encoding(path: Path) -> str:
    """Return the encoding of a text file by marks, by what is valid, and by the letters that come out.

    The beginning, the middle and the end are looked at: many files have their first umlaut late.
    """
    samples = _samples(path)
    head = samples[0]
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    wide = _wide(head)
    if wide:
        return wide
    body = b"\n".join(samples)
    if not any(byte > 127 for byte in body):  # noqa: PLR2004  (ASCII ends at 127)
        return "utf-8"
    return "utf-8" if _is_utf8(samples) else _single_byte(body)


def _samples(path: Path) -> list[bytes]:
    size = path.stat().st_size
    with path.open("rb") as file:
        samples = [file.read(SAMPLE)]
        if size <= SAMPLE:
            return samples
        for part in range(1, _PLACES):
            file.seek(max(SAMPLE, size * part // _PLACES))
            samples.append(file.read(SAMPLE // _PLACES))
        file.seek(max(SAMPLE, size - SAMPLE // _PLACES))
        samples.append(file.read())
    return samples


def _wide(head: bytes) -> str:
    """Return UTF-16 without a mark: every second byte of plain text is 0."""
    sample = head[:2000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > len(sample) * 0.3 and even < len(sample) * 0.05:
        return "utf-16-le"
    if even > len(sample) * 0.3 and odd < len(sample) * 0.05:
        return "utf-16-be"
    return ""


def _is_utf8(samples: list[bytes]) -> bool:
    """Return whether most letters beyond ASCII are UTF-8; single wrong bytes are mended while reading."""
    right = wrong = 0
    for sample in samples:
        text = sample.decode("utf-8", errors="replace")
        wrong += text.count("\ufffd")
        right += sum(1 for letter in text if letter > "\x7f" and letter != "\ufffd")
    return right > 2 * wrong


def _single_byte(body: bytes) -> str:
    """Return the code page whose letters are the ones that German, Polish and Sorbian texts have."""
    counts = Counter(byte for byte in body if byte > 127)  # noqa: PLR2004
    best, best_score = "cp1252", float("-inf")
    for encoding in ("cp1252", "cp1250", "iso-8859-2", "cp850", "cp852", "mac-roman"):
        score = 0.0
        for byte, count in counts.items():
            letter = bytes([byte]).decode(encoding, errors="replace")
            score += count * _worth(letter, is_eastern=encoding in {"cp1250", "iso-8859-2", "cp852"})
        if score > best_score:
            best, best_score = encoding, score
    return best


def _worth(letter: str, *, is_eastern: bool) -> float:
    if letter in _GERMAN:
        return 1.0
    if is_eastern and letter in _POLISH | _SORBIAN:
        return 1.0
    if letter == "\ufffd" or (not letter.isprintable() and letter != "\xa0"):
        return -3.0
    return 0.1 if letter.isalpha() else -0.5


class Utf8Stream(io.RawIOBase):
    """A text file as bytes of valid UTF-8, without marks and NUL.

    Bytes that are wrong in UTF-8 are read as cp1252, which they nearly always are; `mended` says how many
    places, `mended_lines` the first of their lines. `nuls` counts removed NUL characters.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        super().__init__()
        try:
            self._decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
        except LookupError as error:
            raise TableError("unknown_encoding", encoding=encoding[:40]) from error
        self._is_utf8 = encoding.lower().replace("_", "-") in {"utf-8", "utf8", "utf-8-sig"}
        self._encoding = encoding
        self._file = path.open("rb")
        self._held = b""
        self._left = b""
        self._is_first = True
        self._lines = 1
        self.nuls = 0
        self.mended = 0
        self.mended_lines: list[int] = []
        self.done = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes of text."""
        if size < 0:
            return b"".join(iter(lambda: self.read(BLOCK), b""))
        while not self._left:
            raw = self._file.read(max(size, 4096))
            self.done += len(raw)
            text = self._text(raw)
            self._left = text
            if not raw:
                break
        answer, self._left = self._left[:size], self._left[size:]
        return answer

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what callers hand over
        """Fill `buffer` and return how many bytes were put into it."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _text(self, raw: bytes) -> bytes:
        text = self._as_utf8(raw)
        if b"\x00" in text:
            self.nuls += text.count(b"\x00")
            text = text.replace(b"\x00", b"")
        if text.endswith(_END_OF_FILE):
            text = text.rstrip(_END_OF_FILE)
        if self._is_utf8:
            self._lines += raw.count(b"\n")
        return text

    def _as_utf8(self, raw: bytes) -> bytes:
        if not self._is_utf8:
            return self._decoded(raw)
        data = self._held + raw
        if self._is_first and len(data) >= len(codecs.BOM_UTF8):
            data = data.removeprefix(codecs.BOM_UTF8)
            self._is_first = False
        data, self._held = (data, b"") if not raw else _whole(data)
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return self._mend(data)
        return data

    def _mend(self, data: bytes) -> bytes:
        text = data.decode("utf-8", errors="surrogateescape")
        for match in _WRONG.finditer(text):
            self.mended += 1
            if len(self.mended_lines) < MOST_LINES:
                self.mended_lines.append(self._lines + text.count("\n", 0, match.start()))
        return _WRONG.sub(_as_cp1252, text).encode()

    def _decoded(self, raw: bytes) -> bytes:
        try:
            text = self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            if self._encoding.lower().startswith(("utf", "u")):
                raise TableError(
                    "wrong_encoding", encoding=self._encoding, at=self.done - len(raw)
                ) from error
            self.mended += 1
            text = raw.decode(self._encoding, errors="replace")
        return text.removeprefix("\ufeff").encode()


def _as_cp1252(match: re.Match[str]) -> str:
    return match.group().encode("utf-8", errors="surrogateescape").decode("cp1252", errors="replace")


def _whole(data: bytes) -> tuple[bytes, bytes]:
    """Return the data up to the last letter that is whole, and the beginning of the one that is not."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:  # noqa: PLR2004  (a letter of one byte)
            return data, b""
        if byte >= 0xC0:  # noqa: PLR2004  (a letter begins here)
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4  # noqa: PLR2004
            return (data, b"") if back >= needed else (data[:-back], data[-back:])
    return data, b""
