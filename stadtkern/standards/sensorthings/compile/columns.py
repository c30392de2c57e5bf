"""Properties of entities as SQL, to compare and to sort by."""

from collections.abc import Callable

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.units import symbol
from stadtkern.observations.models import Datastream
from stadtkern.standards.sensorthings.compile.dialect import Dialect
from stadtkern.standards.sensorthings.compile.sql import Json, Operand, Span, Sql, Type, build
from stadtkern.standards.sensorthings.compile.tables import LATEST, STREAMS, column_may_be_empty, column_of
from stadtkern.standards.sensorthings.entities import EntityType, Kind, Property
from stadtkern.web.fields import FALLBACK

IDS = frozenset({"id", "@iot.id"})
UCUM = "http://www.opengis.net/def/uom/UCUM/"
FLAGGED = 2
"""Quality flags above this are worth a word."""


def operand(entity: EntityType, alias: str, steps: tuple[str | int, ...], dialect: Dialect) -> Operand:
    """Return the property that `steps` name, within the row `alias`."""
    if not steps:
        raise QueryError(f"A link to {entity.name} is no value; name one of its properties, such as id.")
    first, rest = str(steps[0]), steps[1:]
    if any('"' in str(step) for step in rest):
        raise QueryError("Names with double quotes cannot be asked for.")
    if first in IDS and not rest:
        return Sql(f"{alias}.id", (), Type.NUMBER, certain=True)
    if (known := entity.property_of.get(first)) is None:
        names = ", ".join(["id", *entity.property_of, *entity.link_of])
        raise QueryError(f'{entity.name} has no property "{first}"; it has {names}.')
    if rest and known.kind in {Kind.TEXT, Kind.URI, Kind.INSTANT, Kind.PERIOD, Kind.TIME}:
        raise QueryError(f"{first} of {entity.name} has no members.")
    if special := SPECIAL.get((entity.name, first)):
        return special(alias, rest, dialect)
    return _usual(entity, alias, known, rest, dialect)


def _usual(
    entity: EntityType, alias: str, known: Property, rest: tuple[str | int, ...], dialect: Dialect
) -> Operand:
    if not known.field:
        raise QueryError(f"{known.name} of {entity.name} cannot be compared or sorted by.")
    column = f"{alias}.{column_of(entity, known.field)}"
    if known.kind in {Kind.OBJECT, Kind.LIST}:
        return Json(Sql(column), rest)
    if known.kind == Kind.GEOMETRY and rest:
        return Json(_geojson(entity, alias, column, dialect), rest)
    is_certain = not column_may_be_empty(entity, known.field)
    if known.end:
        start = Sql(column, (), Type.INSTANT, certain=is_certain)
        return Span(start, Sql(f"{alias}.{column_of(entity, known.end)}", (), Type.INSTANT))
    kinds = {Kind.INSTANT: Type.INSTANT, Kind.GEOMETRY: Type.GEOMETRY}
    return Sql(column, (), kinds.get(known.kind, Type.TEXT), certain=is_certain)


def _geojson(entity: EntityType, alias: str, column: str, dialect: Dialect) -> Sql:
    """Return a geometry as JSON: as it was sent, else as GeoJSON."""
    made = dialect.geojson(column)
    if entity.name in STREAMS:
        return Sql(f"({made})::jsonb" if dialect.vendor == "postgresql" else made)
    if dialect.vendor == "postgresql":
        made = f"({made})::jsonb"
    return Sql(f"COALESCE({alias}.document, {made})")


def name_or_key(alias: str, _rest: object = (), _dialect: object = None) -> Sql:
    """Return the name of a thing or datastream."""
    return Sql(f"COALESCE(NULLIF({alias}.name, ''), {alias}.key)", (), Type.TEXT, certain=True)


def property_name(alias: str, _rest: object, dialect: Dialect) -> Sql:
    """Return the name of an observed property: the first there is, by language, else its slug."""
    way = "" if dialect.vendor == "postgresql" else "$."
    names = ", ".join(f"NULLIF({alias}.name ->> '{way}{language}', '')" for language in FALLBACK)
    return Sql(f"COALESCE({names}, {alias}.slug)", (), Type.TEXT, certain=True)


def _metadata(alias: str, rest: tuple[str | int, ...], _dialect: Dialect) -> Operand:
    if rest:
        return Json(Sql(f"{alias}.metadata_document"), rest)
    return Sql(f"{alias}.metadata", (), Type.TEXT, certain=True)


def _result(alias: str, rest: tuple[str | int, ...], _dialect: Dialect) -> Json:
    if rest and isinstance(rest[0], str) and rest[0].isdecimal():
        rest = (int(rest[0]), *rest[1:])
    number = None if rest else Sql(f"{alias}.result", (), Type.NUMBER)
    return Json(Sql(f"{alias}.value"), rest, number)


def _quality(alias: str, rest: tuple[str | int, ...], dialect: Dialect) -> Json:
    made = "jsonb_build_object" if dialect.vendor == "postgresql" else "json_object"
    flag = f"CASE WHEN {alias}.quality > {FLAGGED} THEN {made}('flag', {alias}.quality) END"
    return Json(Sql(f"COALESCE({alias}.result_quality, {flag})"), rest)


def _statistics(first: str, last: str) -> Callable[..., Span]:
    """Return the maker of a period that the statistics of a datastream hold."""

    def period(alias: str, _rest: tuple[str | int, ...], _dialect: Dialect) -> Span:
        select = f"(SELECT {{}} FROM {LATEST} s WHERE s.datastream_id = {alias}.id)"  # noqa: S608  # constants of this program; values are parameters
        return Span(
            Sql(select.format(f"s.{first}"), (), Type.INSTANT),
            Sql(select.format(f"s.{last}"), (), Type.INSTANT),
        )

    return period


def unit_document(unit: str) -> dict[str, str]:
    """Return a UCUM code as the standard writes units."""
    return {"name": unit, "symbol": symbol(unit) or unit, "definition": UCUM + unit}


def _unit(alias: str, rest: tuple[str | int, ...], dialect: Dialect) -> Operand:
    """Return a unit as it was sent, or what the code of the unit stands for."""
    sent = Json(Sql(f"{alias}.unit_of_measurement"), rest)
    if len(rest) != 1 or rest[0] not in {"name", "symbol", "definition"}:
        return sent
    member = str(rest[0])
    if member != "symbol":
        begin = UCUM if member == "definition" else ""
        made = build(f"({{}} || {alias}.unit)", dialect.text(begin), kind=Type.TEXT)
    else:
        made = _symbols(alias, dialect)
    return build("COALESCE({}, {})", dialect.json_text(sent), made, kind=Type.TEXT)


def _symbols(alias: str, dialect: Dialect) -> Sql:
    """Return the symbol of the unit in words of SQL, which knows nothing of UCUM."""
    units = (
        Datastream.objects.filter(unit_of_measurement__isnull=True).order_by().values_list("unit", flat=True)
    )
    pairs = [(unit, symbol(unit) or unit) for unit in sorted(set(units.distinct()))]
    differing = [(dialect.text(unit), dialect.text(sign)) for unit, sign in pairs if unit != sign]
    whens = [build("WHEN {} THEN {}", unit, sign) for unit, sign in differing]
    if not whens:
        return Sql(f"{alias}.unit", (), Type.TEXT)
    return build(
        f"CASE {alias}.unit {' '.join('{}' for _ in whens)} ELSE {alias}.unit END", *whens, kind=Type.TEXT
    )


SPECIAL: dict[tuple[str, str], Callable[[str, tuple[str | int, ...], Dialect], Operand]] = {
    ("Thing", "name"): name_or_key,
    ("Datastream", "name"): name_or_key,
    ("MultiDatastream", "name"): name_or_key,
    ("ObservedProperty", "name"): property_name,
    ("Sensor", "metadata"): _metadata,
    ("Observation", "result"): _result,
    ("Observation", "resultQuality"): _quality,
    ("Datastream", "phenomenonTime"): _statistics("first_time", "last_time"),
    ("Datastream", "resultTime"): _statistics("first_result_time", "last_result_time"),
    ("MultiDatastream", "phenomenonTime"): _statistics("first_time", "last_time"),
    ("MultiDatastream", "resultTime"): _statistics("first_result_time", "last_result_time"),
    ("Datastream", "unitOfMeasurement"): _unit,
}
"""Properties that are more than a column."""
