"""What the values of a column are, from a sample of them and from its title."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa

from stadtkern.base.tables import number_marks
from stadtkern.tables.convert import convert
from stadtkern.tables.model import ColumnPlan, ColumnSurvey, Kind, Meaning, Problem, Reason
from stadtkern.tables.names import CURRENCIES, UNITS, meaning_of, unit_of
from stadtkern.tables.places import is_angle, is_pair
from stadtkern.tables.values import FALSE, MORE_NULLS, NULLS, TRUE

ENOUGH = 0.9
"""Which part of a sample must fit a kind."""

FEW = 10
"""In samples up to this size everything must fit."""

_DAYS = (
    "%d.%m.%Y",
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%y",
    "%d/%m/%y",
)
_TIMES = (" %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
_COMPACT = ("%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S")
_COMPACT_LENGTHS = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_LOOKS_LIKE_DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|\d{1,2}\.?\s+[^\W\d_]+\.?\s+\d{4}")
_IN_WORDS = re.compile(r"\d{1,2}\.?\s+[^\W\d_]{3,}\.?\s+\d{4}")
_OFFSET = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}:?\d{2})")
_FRACTION = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}\.\d+")
_HOUR_24 = re.compile(r"([T ])24:00(?=$|:00$)")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?( Uhr)?")
_DATE_WORDS = re.compile(
    r"(^|_)(datum|date|data|tag|zeit|time|zeitstempel|timestamp|stand|dzien|mess_datum|czas)($|_)"
)
_WITH_UNIT = re.compile(r"[+-]?\d[\d.,'’   ]*\s*([^\d\s.,][^\d]{0,9})|([€$])\s*[+-]?\d[\d.,'’   ]*")
_WKT = re.compile(r"(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(Z|M|ZM)?\s*(\(|EMPTY)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_GEOJSON = re.compile(r'\{\s*"(type|coordinates)"\s*:')
_URL = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ADDRESS = re.compile(r"[^\d\n]{3,60}\s\d{1,4}\s?[a-zA-Z]?(\s?[-/+]\s?\d{1,4}\s?[a-zA-Z]?)?(,.*)?")
_STREET = re.compile(r"(straße|strasse|str\.|weg\b|platz\b|allee\b|gasse\b|ring\b|ul\.|ulica|aleja|al\.|plac\b)", re.IGNORECASE)  # fmt: skip  # noqa: E501
_CODES: dict[Meaning, re.Pattern[str]] = {
    "ags": re.compile(r"\d{2}|\d{3}|\d{5}|\d{7,9}"),
    "ars": re.compile(r"\d{2,12}"),
    "teryt": re.compile(r"\d{2,10}"),
    "postcode": re.compile(r"(D-|PL-)?\d{4,5}|\d{2}-\d{3}", re.IGNORECASE),
    "phone": re.compile(r"[+(]?[\d\s()/.,;+–-]{3,40}|.*\d{3,}.*"),
    "email": _EMAIL,
    "url": re.compile(r"\S+\.\S+"),
    "code": re.compile(r".{1,40}"),
}
_LONGEST_WHOLE = 15
_YEARS = range(1000, 2300)
_EXAMPLES = 5


@dataclass(slots=True)
class Sample:
    """What is known of a column before its kind is: its place, names and texts (of all sampled rows)."""

    source: int
    name: str
    title: str
    texts: list[str]
    decimal: str = ""
    """Mark of the texts that are no native numbers; empty: to be found out."""

    present: list[str] = field(init=False)
    mark: str = field(init=False)
    """Decimal mark of which the numbers leave no doubt; empty if they leave some."""

    def __post_init__(self) -> None:
        self.present = [text for text in (one.strip() for one in self.texts) if text not in _TEXT_NULLS]
        self.mark = own_mark(self.present)


_TEXT_NULLS = frozenset(NULLS)
_ALL_NULLS = _TEXT_NULLS | frozenset(MORE_NULLS)


@dataclass(slots=True)
class Guess:
    """A plan for a column with the reason, and what is doubtful about it."""

    plan: ColumnPlan
    reason: Reason
    problems: list[Problem] = field(default_factory=list)


def usual_mark(samples: Sequence[Sample], delimiter: str) -> str:
    """Return the decimal mark that most columns of a file use; by its delimiter where none says so."""
    votes: Counter[str] = Counter()
    for sample in samples:
        if sample.mark:
            votes[sample.mark] += 1
    if votes:
        return max(sorted(votes), key=lambda mark: votes[mark])
    return "," if delimiter in {";", "\t", "|"} else "."


def own_mark(texts: Sequence[str]) -> str:
    """Return the decimal mark of which the numbers of one column leave no doubt; empty if they leave some."""
    some = dict.fromkeys(texts[:1_000])
    numbers = [
        text.rstrip(" %€") for text in some if ("," in text or "." in text) and text[-1:] in "0123456789 %€"
    ]
    votes = Counter(mark for mark in map(_sure_mark, numbers[:200]) if mark)
    return max(sorted(votes), key=lambda mark: votes[mark]) if votes else ""


def _sure_mark(text: str) -> str:
    """Return the decimal mark of one number; empty where it may be either, and for what is no number."""
    marks = number_marks(text)
    return marks if len(marks) == 1 else ""


def _is_sure(text: str) -> bool:
    return not re.fullmatch(r"[+-]?\d{1,3}([.,]\d{3})", text)


def guess(sample: Sample, usual: str, zone: str) -> Guess:
    """Return what a column holds."""
    base = ColumnPlan(
        sample.source,
        sample.name,
        sample.title,
        decimal=sample.decimal or sample.mark or usual,
        unit=unit_of(sample.title),
    )
    if not sample.present:
        is_nameless = not sample.title.strip()
        return Guess(replace(base, unit="", is_kept=not is_nameless), Reason("empty"))
    found = meaning_of(sample.name)
    for attempt in (_codes, _shapes, _booleans, _moments, _numbers, _texts):
        result = attempt(sample, base, found, zone)
        if result is not None:
            return result
    return Guess(replace(base, unit=""), Reason("text"))


def _share(texts: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(1 for text in texts if test(text)) / max(1, len(texts))


def _is_enough(share: float, count: int) -> bool:
    return share == 1 if count <= FEW else share >= ENOUGH


def _reason(share: float) -> Reason:
    return Reason("all_match") if share == 1 else Reason("most_match", {"percent": round(share * 100, 1)})


def _codes(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:  # noqa: ARG001  (every attempt takes the same)
    """Numbers that are names: keys of places, postcodes, telephones, whatever has zeros in front."""
    texts = sample.present
    pattern = _CODES.get(found)
    if pattern and _is_enough(_share(texts, pattern.fullmatch), len(texts)):
        return Guess(
            replace(base, kind="text", meaning=found, unit=""), Reason("by_name", {"meaning": found})
        )
    digits = [text for text in texts if text.isdigit()]
    if not digits or len(digits) < len(texts) * ENOUGH:
        return None
    zeros = sum(1 for text in digits if len(text) > 1 and text[0] == "0")
    is_stamp = bool(_DATE_WORDS.search(sample.name))
    if zeros and not is_stamp and set(digits) - {"00", "01"}:
        meaning = _kind_of_code(digits)
        return Guess(
            replace(base, kind="text", meaning=meaning, unit=""), Reason("leading_zeros", {"count": zeros})
        )
    if max(map(len, digits)) > _LONGEST_WHOLE and not is_stamp:
        return Guess(replace(base, kind="text", meaning="code", unit=""), Reason("long_digits"))
    return None


def _kind_of_code(digits: Sequence[str]) -> Meaning:
    lengths = {len(text) for text in digits}
    states = all(1 <= int(text[:2]) <= 16 for text in digits)  # noqa: PLR2004  (Germany has 16)
    if lengths == {8} and states:
        return "ags"
    if lengths == {12} and states:
        return "ars"
    if lengths == {5}:
        return "postcode"
    if lengths == {7} and all(int(text[:2]) % 2 == 0 and 2 <= int(text[:2]) <= 32 for text in digits):  # noqa: PLR2004  (of the 16 voivodships)
        return "teryt"
    return "code"


def _shapes(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:  # noqa: ARG001  (every attempt takes the same)
    """Geometry as text: WKT, GeoJSON, degrees with minutes, both coordinates in one column."""
    texts = sample.present[:200]
    tests: tuple[tuple[Meaning, Callable[[str], object]], ...] = (
        ("wkt", _WKT.match),
        ("geojson", _GEOJSON.match),
        ("coordinates", is_pair),
    )
    for meaning, test in tests:
        share = _share(texts, test)
        if _is_enough(share, len(texts)) and (meaning != "coordinates" or _may_be_pair(texts, found)):
            return Guess(replace(base, kind="text", meaning=meaning, unit=""), _reason(share))
    if all(_is_json(text) for text in texts):
        return Guess(replace(base, kind="json", unit=""), Reason("all_match"))
    share = _share(texts, is_angle)
    if _is_enough(share, len(texts)):
        meaning = found if found in {"longitude", "latitude"} else _axis(texts)
        if meaning:
            return Guess(replace(base, kind="text", meaning=meaning, unit="°"), _reason(share))
    return None


def _is_json(text: str) -> bool:
    """Return whether a text is a list or an object of JSON."""
    if text[:1] not in {"[", "{"}:
        return False
    try:
        return isinstance(json.loads(text), list | dict)
    except (ValueError, RecursionError):
        return False


def _may_be_pair(texts: Sequence[str], found: Meaning) -> bool:
    """Return whether two numbers in one cell are coordinates.

    By name, or by their many decimals or degree signs.
    """
    if found == "coordinates":
        return True
    return _share(texts, lambda text: "°" in text or re.search(r"\d[.,]\d{3,}\D+\d+[.,]\d{3,}", text)) == 1


def _axis(texts: Sequence[str]) -> Meaning:
    if _share(texts, lambda text: re.search(r"[NS]|n\. ?Br|północ", text)) >= ENOUGH:
        return "latitude"
    if _share(texts, lambda text: re.search(r"[EOW]|ö\. ?L|wschod", text)) >= ENOUGH:
        return "longitude"
    return ""


def _booleans(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:  # noqa: ARG001  (every attempt takes the same)
    words = {text.lower() for text in sample.present if text not in _ALL_NULLS}
    if not words or len(words) > len(TRUE) + len(FALSE) or not words <= {*TRUE, *FALSE}:
        return None
    if len(words) == 1 and len(next(iter(words))) == 1:  # one letter alone is rather a mark of its own
        return None
    return Guess(replace(base, kind="boolean", unit=""), Reason("all_match"))


def _moments(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:  # noqa: ARG001  (every attempt takes the same)
    texts = [text for text in sample.present if text not in _ALL_NULLS]
    if not texts:
        return None
    if _share(texts, _CLOCK.fullmatch) == 1:
        return Guess(replace(base, kind="clock", unit=""), Reason("all_match"))
    with_offset = _share(texts, lambda text: _OFFSET.fullmatch(text) or _FRACTION.fullmatch(text))
    if _is_enough(with_offset, len(texts)):
        return Guess(replace(base, kind="datetime", format="iso", unit=""), _reason(with_offset))
    if _is_enough(_share(texts, _IN_WORDS.fullmatch), len(texts)):
        return _checked(sample, replace(base, kind="date", unit=""), zone, Reason("all_match"))
    formats = _formats(texts, sample.name)
    if not formats:
        return None
    best = formats[0]
    kind: Kind = "datetime" if "%H" in best else "date"
    result = _checked(
        sample, replace(base, kind=kind, format=best, unit=""), zone, Reason("format", {"format": best})
    )
    others = [
        one
        for one in formats[1:]
        if {best, one} == {best.replace("%d/%m", "%m/%d"), best.replace("%m/%d", "%d/%m")}
    ]
    if result and others:
        result.problems.append(_offer("ambiguous_date", sample, format=others[0]))
    return result


def _formats(texts: Sequence[str], name: str) -> list[str]:
    """Return the formats that fit most of the texts, the usual ones first."""
    some = list(dict.fromkeys(texts))[:100]
    if all(text.isdigit() for text in some):
        fmt = _COMPACT_LENGTHS.get(len(some[0]))
        candidates = [fmt] if fmt and _DATE_WORDS.search(name) else []
    elif _share(some, _LOOKS_LIKE_DAY.match) < ENOUGH:
        return []
    else:
        candidates = [*_DAYS, *(day + time for day in _DAYS for time in _TIMES)]
    fits = {fmt: _share(some, lambda text, fmt=fmt: _is_in(text, fmt)) for fmt in candidates}  # type: ignore[misc]  # bound at once
    best = max(fits.values(), default=0)
    if best < ENOUGH - 0.2 or (not _is_enough(best, len(some)) and best < ENOUGH):
        return []
    return [fmt for fmt in candidates if fits[fmt] >= best]


def _is_in(text: str, fmt: str) -> bool:
    try:
        found = datetime.strptime(_HOUR_24.sub(r"\g<1>00:00", text), fmt)  # noqa: DTZ007  (only tried)
    except ValueError:
        return False
    return found.year in _YEARS


def _checked(sample: Sample, plan: ColumnPlan, zone: str, reason: Reason) -> Guess | None:
    """Return the guess if enough of the sample can be read by it."""
    texts = [text for text in sample.present if text not in _ALL_NULLS]
    result = convert(pa.array(texts, pa.string()), plan, zone=zone)
    share = 1 - len(result.misfits) / max(1, len(texts))
    if not texts or not _is_enough(share, len(texts)):
        return None
    facts = dict(reason.facts) | ({"misfits": len(result.misfits)} if result.misfits else {})
    return Guess(plan, Reason(reason.code if share == 1 else "most_match", facts))


def _numbers(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:
    texts = [text for text in sample.present if text not in _ALL_NULLS]
    if not texts or _share(texts, lambda text: any(letter.isdigit() for letter in text)) < ENOUGH:
        return None
    unit = _unit_in_cells(texts)
    plan = replace(base, unit=unit or base.unit)
    meaning: Meaning = (
        "percent" if plan.unit == "%" else "currency" if plan.unit in CURRENCIES.values() else ""
    )
    whole = _checked(sample, replace(plan, kind="integer", meaning=meaning), zone, Reason("all_match"))
    number = None
    if whole is None or "misfits" in whole.reason.facts:
        number = _checked(sample, replace(plan, kind="number", meaning=meaning), zone, Reason("all_match"))
    best = whole if whole and number and whole.reason == number.reason else number or whole
    if best is None:
        return None
    best.plan = _with_meaning(best.plan, found, texts)
    return _with_doubt(best, sample)


def _unit_in_cells(texts: Sequence[str]) -> str:
    units: Counter[str] = Counter()
    for text in texts:
        match = _WITH_UNIT.fullmatch(text)
        if match:
            units[(match[1] or match[2]).strip()] += 1
    if not units:
        return ""
    unit, count = units.most_common(1)[0]
    if unit.lower() not in UNITS or count < len(texts) * 0.5:
        return ""
    return CURRENCIES.get(unit.lower(), unit)


def _with_meaning(plan: ColumnPlan, found: Meaning, texts: Sequence[str]) -> ColumnPlan:
    if found in {"longitude", "latitude", "easting", "northing"}:
        return replace(plan, kind="number", meaning=found, unit="")
    if found == "year" and all(re.fullmatch(r"[12]\d{3}", text) for text in texts):
        return replace(plan, meaning="year", unit="")
    return plan


def _with_doubt(result: Guess, sample: Sample) -> Guess:
    """Say so where every mark may be one of thousands or of decimals: `1.234`."""
    plan = result.plan
    marked = [text for text in sample.present if "." in text or "," in text]
    if marked and not sample.decimal and not sample.mark and all(not _is_sure(text) for text in marked):
        if any(("," in text) for text in marked) and any(("." in text) for text in marked):
            return result
        other = "." if plan.decimal == "," else ","
        result.problems.append(_offer("ambiguous_thousands", sample, decimal=other, kind="number"))
    return result


def _offer(code: str, sample: Sample, **changes: str) -> Problem:
    return Problem(
        code,
        column=sample.name,
        facts={"examples": sample.present[:_EXAMPLES]},
        fix={"columns": {sample.name: changes}},
    )


def _texts(sample: Sample, base: ColumnPlan, found: Meaning, zone: str) -> Guess | None:  # noqa: ARG001  (every attempt takes the same)
    texts = sample.present[:300]
    plan = replace(base, kind="text", unit="")
    for meaning, pattern in (("url", _URL), ("email", _EMAIL)):
        if _share(texts, pattern.fullmatch) >= ENOUGH:
            return Guess(replace(plan, meaning=meaning), Reason("all_match"))  # type: ignore[arg-type]  # one of the two
    is_street = _share(texts, _STREET.search) > 0.5  # noqa: PLR2004  (most of them)
    if found == "address" or (is_street and _share(texts, _ADDRESS.fullmatch) > 0.5):  # noqa: PLR2004
        return Guess(
            replace(plan, meaning="address"), Reason("by_name" if found == "address" else "most_match")
        )
    return None


def column_survey(result: Guess, sample: Sample, zone: str) -> ColumnSurvey:
    """Return the guess with examples, missing values and what does not fit."""
    texts = [text.strip() for text in sample.texts]
    done = convert(pa.array(texts, pa.string()), result.plan, zone=zone)
    present = pa.array(texts, pa.string())
    return ColumnSurvey(
        result.plan,
        result.reason,
        tuple(dict.fromkeys(sample.present))[:_EXAMPLES],
        done.values.null_count - len(done.misfits),
        tuple(dict.fromkeys(present[place].as_py() for place in done.misfits))[:_EXAMPLES],
    )
