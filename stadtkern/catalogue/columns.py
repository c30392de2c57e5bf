"""The profile of a column in words: what it holds, how much is missing, the commonest values."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from stadtkern.catalogue.cells import heading, text_of
from stadtkern.catalogue.tablepage import KINDS
from stadtkern.contracts.option import Label
from stadtkern.tables import Bin, ColumnProfile

MOST_TOP = 8
LONGEST = 60
MEANINGS: dict[str, Label] = {
    "ags": pgettext_lazy("meaning of a column", "key of a municipality (AGS)"),
    "ars": pgettext_lazy("meaning of a column", "regional key (ARS)"),
    "teryt": pgettext_lazy("meaning of a column", "key of a Polish municipality (TERYT)"),
    "postcode": pgettext_lazy("meaning of a column", "postcode"),
    "phone": pgettext_lazy("meaning of a column", "telephone number"),
    "code": pgettext_lazy("meaning of a column", "code"),
    "percent": pgettext_lazy("meaning of a column", "percent"),
    "currency": pgettext_lazy("meaning of a column", "amount of money"),
    "year": pgettext_lazy("meaning of a column", "year"),
    "url": pgettext_lazy("meaning of a column", "internet address"),
    "email": pgettext_lazy("meaning of a column", "email address"),
    "address": pgettext_lazy("meaning of a column", "address"),
    "longitude": pgettext_lazy("meaning of a column", "longitude"),
    "latitude": pgettext_lazy("meaning of a column", "latitude"),
    "easting": pgettext_lazy("meaning of a column", "easting"),
    "northing": pgettext_lazy("meaning of a column", "northing"),
    "coordinates": pgettext_lazy("meaning of a column", "coordinates"),
    "wkt": pgettext_lazy("meaning of a column", "geometry (WKT)"),
    "geojson": pgettext_lazy("meaning of a column", "geometry (GeoJSON)"),
}


@dataclass(frozen=True, slots=True)
class Common:
    """A common value: how often, and the rows that have it."""

    text: str
    count: str
    address: str


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of the small picture of a distribution, in percent of its box."""

    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Facts:
    """A column as the page shows it."""

    name: str
    title: str
    kind: Label
    meaning: Label
    description: str
    sentence: str
    spread: str
    common: Sequence[Common]
    steps: Sequence[Step]


def facts_of(profile: ColumnProfile) -> Facts:
    """Return what the page says of a column."""
    column = profile.column
    return Facts(
        name=column.name,
        title=heading(column),
        kind=KINDS[column.kind],
        meaning=MEANINGS.get(column.meaning, ""),
        description=column.description,
        sentence=_sentence(profile),
        spread=_spread(profile),
        common=_common(profile),
        steps=steps_of(profile.histogram) if profile.distinct > 1 else (),
    )


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)


def _sentence(profile: ColumnProfile) -> str:
    """Return how much of the column is filled, and with how many different values."""
    known = profile.count - profile.nulls
    if known == 0:
        return _("The column is empty.")
    different = ngettext("%(count)s value", "%(count)s different values", profile.distinct)
    parts = [different % {"count": _grouped(profile.distinct)}]
    if profile.nulls:
        share = number_format(round(profile.nulls / profile.count * 100, 1), 1)
        missing = ngettext(
            "empty in %(count)s row (%(share)s %%)", "empty in %(count)s rows (%(share)s %%)", profile.nulls
        )
        parts.append(missing % {"count": _grouped(profile.nulls), "share": share})
    else:
        parts.append(_("never empty"))
    return ", ".join(parts) + "."


def _spread(profile: ColumnProfile) -> str:
    """Return smallest, mean and largest value; empty for what has no order."""
    column = profile.column
    if profile.minimum is None or column.kind in {"text", "json", "boolean"}:
        return ""
    facts = {"low": _value(profile, profile.minimum), "high": _value(profile, profile.maximum)}
    if profile.mean is None or column.kind not in {"integer", "number"} or column.meaning == "year":
        return _("From %(low)s to %(high)s.") % facts
    facts["mean"] = _value(profile, round(profile.mean, 4))
    return _("From %(low)s to %(high)s, on average %(mean)s.") % facts


def _value(profile: ColumnProfile, value: object) -> str:
    """Return a value of a profile, where times are ISO 8601."""
    column = profile.column
    if isinstance(value, str) and column.kind in {"date", "datetime"}:
        from datetime import datetime  # noqa: PLC0415

        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return text_of(moment.date() if column.kind == "date" else moment)
    text = text_of(value, column)
    return f"{text}\u00a0{column.unit}" if column.unit and column.kind in {"integer", "number"} else text


def _common(profile: ColumnProfile) -> list[Common]:
    """Return the commonest values; none where every value is there once."""
    if profile.distinct == profile.count - profile.nulls:
        return []
    found = []
    for top in profile.top[:MOST_TOP]:
        if top.value is None or top.count <= 1:
            continue
        raw = ("true" if top.value else "false") if isinstance(top.value, bool) else str(top.value)
        text = _value(profile, top.value)
        shown = text[:LONGEST] + "…" if len(text) > LONGEST else text
        found.append(Common(shown, _grouped(top.count), f"?{urlencode({profile.column.name: raw})}"))
    return found


def steps_of(bins: Sequence[Bin]) -> list[Step]:
    """Return the bars of a distribution in a box of 100 by 100."""
    highest = max((one.count for one in bins), default=0)
    if not highest:
        return []
    width = 100 / len(bins)
    return [
        Step(
            f"{number * width + width * 0.06:.2f}%",
            f"{width * 0.88:.2f}%",
            f"{100 - one.count / highest * 100:.1f}%",
            f"{one.count / highest * 100:.1f}%",
        )
        for number, one in enumerate(bins)
    ]
