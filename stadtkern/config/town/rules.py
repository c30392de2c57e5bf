"""Load virtual series, ways of telling and rules of a town; what editors changed stays as it is."""

from datetime import datetime, timedelta
from typing import Any

from stadtkern.base.errors import BadInput
from stadtkern.contracts.properties import OBSERVED_PROPERTIES
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source
from stadtkern.observations.derived.kinds import KINDS, formula_of
from stadtkern.observations.derived.models import DerivedInput, DerivedStream, LookupTable
from stadtkern.observations.derived.services import Draft, save_derived
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.services.streams import Wanted, new_property, streams_for
from stadtkern.warnings.binding import CannotBind, bind_rule
from stadtkern.warnings.models import Channel, Condition, Rule
from stadtkern.warnings.services import save_channel, save_rule

Entry = dict[str, Any]
FORECAST = ":forecast"


def series(key: str) -> Datastream:
    """Return the series `source:thing:property[:forecast]`, made empty if its source has not sent it yet."""
    found = Datastream.objects.filter(key=key).first()
    if found is not None:
        return found
    bare = key.removesuffix(FORECAST)
    source, _colon, rest = bare.partition(":")
    thing, _colon, slug = rest.rpartition(":")
    owner = Source.objects.select_related("profile").filter(slug=source).first()
    if owner is None or not thing:
        raise BadInput(f"there is no series {key!r}, and no source that could send it")
    unit = OBSERVED_PROPERTIES[slug].unit if slug in OBSERVED_PROPERTIES else "1"
    wanted = Wanted(thing, slug, bare != key)
    streams_for({wanted: (unit, "")}, source=source, profile=owner.profile)
    return Datastream.objects.get(key=key)


def save_series(entry: Entry) -> None:
    """Make a virtual series, once."""
    if DerivedStream.objects.filter(slug=entry["slug"]).exists():
        return
    kind = KINDS[entry.get("kind", "formula")]
    inputs = [DerivedInput(alias=name, datastream=series(key)) for name, key in entry["inputs"].items()]
    slug = entry.get("observed_property", kind.observed_property)
    prop = ObservedProperty.objects.filter(slug=slug).first() or new_property(slug, entry.get("unit", "1"))
    prop.save()
    stream = Datastream(
        thing=inputs[0].datastream.thing,
        observed_property=prop,
        unit=entry.get("unit", prop.unit),
        name=entry.get("name", ""),
        profile=DataProfile.objects.get(slug=entry["profile"]),
    )
    derived = DerivedStream(
        slug=entry["slug"],
        kind=entry.get("kind", "formula"),
        formula=formula_of(entry.get("kind", "formula"), list(entry["inputs"]), entry.get("formula", "")),
        alignment=entry.get("alignment", kind.alignment),
        tolerance=_span(entry, "tolerance_minutes"),
    )
    save_derived(Draft(derived, stream, inputs, [_table(one) for one in entry.get("table", [])]))


def _table(entry: Entry) -> LookupTable:
    return LookupTable(
        name=entry["name"],
        x_unit=entry["x_unit"],
        y_unit=entry["y_unit"],
        between=entry.get("between", LookupTable.Between.LINEAR),
        rows=[[float(x), float(y)] for x, y in entry["rows"]],
        valid_from=_moment(entry, "valid_from"),
        valid_to=_moment(entry, "valid_to"),
    )


def save_way(entry: Entry) -> None:
    """Make a way of telling, once."""
    if not Channel.objects.filter(name=entry["name"]).exists():
        fields = {name: value for name, value in entry.items() if name != "slug"}
        channel = Channel(**fields)
        channel.full_clean()
        save_channel(channel)


def save_town_rule(entry: Entry) -> None:
    """Make a rule, once."""
    if Rule.objects.filter(slug=entry["slug"]).exists():
        return
    spans = {name: _span(entry, f"{name}_minutes") for name in ("window", "duration")}
    plain = ("slug", "title", "advice", "severity", "combine", "months", "weekdays", "is_public", "is_active")
    rule = Rule(**{name: entry[name] for name in plain if name in entry}, **spans)
    conditions = [_condition(one) for one in entry["condition"]]
    try:
        bind_rule(rule, conditions)
    except CannotBind as error:
        raise BadInput(str(error)) from error
    names = entry.get("tell", [])
    channels = list(Channel.objects.filter(name__in=names))
    if len(channels) != len(names):
        raise BadInput(f"there is no way of telling {sorted(set(names) - {one.name for one in channels})}")
    save_rule(rule, conditions, channels)


def _condition(entry: Entry) -> Condition:
    prop = entry.get("property", "")
    return Condition(
        kind=Condition.Kind(entry["kind"]),
        datastream=series(entry["series"]) if "series" in entry else None,
        observed_property=_property(prop) if prop else None,
        value=entry.get("value"),
        unit=entry.get("unit", ""),
        margin=entry.get("margin", 0),
        span=_span(entry, "span_minutes"),
        level=entry.get("level"),
    )


def _property(slug: str) -> ObservedProperty:
    found = ObservedProperty.objects.filter(slug=slug).first()
    if found is None:
        found = new_property(slug, "1")
        found.save()
    return found


def _span(entry: Entry, name: str) -> timedelta | None:
    return timedelta(minutes=entry[name]) if name in entry else None


def _moment(entry: Entry, name: str) -> datetime | None:
    moment = entry.get(name)
    if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
        raise BadInput(f"{name} needs a time with its zone")
    return moment
