"""Where entities stand: tables, joins along links, and what a reader may see."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model

from stadtkern.observations.access import Access, visible
from stadtkern.standards.sensorthings.compile.sql import Sql
from stadtkern.standards.sensorthings.entities import EntityType

STREAM = "observations_datastream"
OBSERVATION = "observations_observation"
LATEST = "observations_latestobservation"
COMPONENT = "observations_multicomponent"
ROLLUP = "observations_rollup"
STREAMS = frozenset({"Datastream", "MultiDatastream"})


@cache
def model_of(entity: EntityType) -> type[Model]:
    """Return the model that holds an entity type."""
    return apps.get_model("observations", entity.model)


@cache
def table_of(entity: EntityType) -> str:
    """Return the table that holds an entity type."""
    return str(model_of(entity)._meta.db_table)  # noqa: SLF001


@cache
def column_of(entity: EntityType, field: str) -> str:
    """Return the column of a field, as Django names it."""
    return str(model_of(entity)._meta.get_field(field).column)  # type: ignore[union-attr]  # noqa: SLF001


@cache
def column_may_be_empty(entity: EntityType, field: str) -> bool:
    """Return whether the column of a field may be NULL."""
    return bool(model_of(entity)._meta.get_field(field).null)  # noqa: SLF001


@dataclass(frozen=True, slots=True)
class Join:
    """One step along a link: a table, and on what; `{a}` is the alias before, `{b}` the one of this table."""

    table: str
    on: str


def _through(model: str, field: str) -> tuple[str, str, str]:
    """Return the table between two models, and its columns to the owner of the field and to the other one."""
    relation: Any = apps.get_model("observations", model)._meta.get_field(field)  # noqa: SLF001
    return relation.m2m_db_table(), relation.m2m_column_name(), relation.m2m_reverse_name()


def _many(model: str, field: str, target: str, *, back: bool) -> tuple[Join, ...]:
    table, own, other = _through(model, field)
    near, far = (other, own) if back else (own, other)
    goal = apps.get_model("observations", target)._meta.db_table  # noqa: SLF001
    return Join(table, f"{{b}}.{near} = {{a}}.id"), Join(goal, f"{{b}}.id = {{a}}.{far}")


@cache
def joins(source: str, link: str) -> tuple[Join, ...]:
    """Return the steps from an entity type along one of its links."""
    single, multi = "NOT {b}.is_multi", "{b}.is_multi"
    if source in STREAMS:
        return _from_stream(link)
    table = {
        "Thing": "observations_thing",
        "HistoricalLocation": "observations_historicallocation",
        "FeatureOfInterest": "observations_featureofinterest",
    }
    found: dict[tuple[str, str], tuple[Join, ...]] = {
        ("Thing", "Locations"): _many("Thing", "locations", "Location", back=False),
        ("Thing", "HistoricalLocations"): (Join(table["HistoricalLocation"], "{b}.thing_id = {a}.id"),),
        ("Thing", "Datastreams"): (Join(STREAM, f"{{b}}.thing_id = {{a}}.id AND {single}"),),
        ("Thing", "MultiDatastreams"): (Join(STREAM, f"{{b}}.thing_id = {{a}}.id AND {multi}"),),
        ("Location", "Things"): _many("Thing", "locations", "Thing", back=True),
        ("Location", "HistoricalLocations"): _many(
            "HistoricalLocation", "locations", "HistoricalLocation", back=True
        ),
        ("HistoricalLocation", "Locations"): _many("HistoricalLocation", "locations", "Location", back=False),
        ("HistoricalLocation", "Thing"): (Join(table["Thing"], "{b}.id = {a}.thing_id"),),
        ("Sensor", "Datastreams"): (Join(STREAM, f"{{b}}.sensor_id = {{a}}.id AND {single}"),),
        ("Sensor", "MultiDatastreams"): (Join(STREAM, f"{{b}}.sensor_id = {{a}}.id AND {multi}"),),
        ("ObservedProperty", "Datastreams"): (
            Join(STREAM, f"{{b}}.observed_property_id = {{a}}.id AND {single}"),
        ),
        ("ObservedProperty", "MultiDatastreams"): (
            Join(COMPONENT, "{b}.observed_property_id = {a}.id"),
            Join(STREAM, "{b}.id = {a}.datastream_id"),
        ),
        ("Observation", "Datastream"): (Join(STREAM, f"{{b}}.id = {{a}}.datastream_id AND {single}"),),
        ("Observation", "MultiDatastream"): (Join(STREAM, f"{{b}}.id = {{a}}.datastream_id AND {multi}"),),
        ("Observation", "FeatureOfInterest"): (
            Join(
                table["FeatureOfInterest"],
                "{b}.id = COALESCE({a}.feature_id, "  # noqa: S608  # constants of this program; values are parameters
                f"(SELECT feature_of_interest_id FROM {STREAM} WHERE id = {{a}}.datastream_id))",
            ),
        ),
        ("FeatureOfInterest", "Observations"): (
            Join(
                OBSERVATION,
                "({b}.feature_id = {a}.id OR ({b}.feature_id IS NULL AND {b}.datastream_id IN "  # noqa: S608  # constants of this program; values are parameters
                f"(SELECT id FROM {STREAM} WHERE feature_of_interest_id = {{a}}.id)))",
            ),
        ),
    }
    return found[source, link]


def _from_stream(link: str) -> tuple[Join, ...]:
    found = {
        "Thing": (Join("observations_thing", "{b}.id = {a}.thing_id"),),
        "Sensor": (Join("observations_sensor", "{b}.id = {a}.sensor_id"),),
        "ObservedProperty": (Join("observations_observedproperty", "{b}.id = {a}.observed_property_id"),),
        "ObservedProperties": (
            Join(COMPONENT, "{b}.datastream_id = {a}.id"),
            Join("observations_observedproperty", "{b}.id = {a}.observed_property_id"),
        ),
        "Observations": (Join(OBSERVATION, "{b}.datastream_id = {a}.id"),),
    }
    return found[link]


def kind_condition(entity: EntityType, alias: str) -> str:
    """Return what tells the rows of an entity type from others in its table; empty if it is alone there."""
    return {"Datastream": f"NOT {alias}.is_multi", "MultiDatastream": f"{alias}.is_multi"}.get(
        entity.name, ""
    )


def seen(entity: EntityType, alias: str, access: Access) -> Sql | None:
    """Return the condition that a reader may know of a row; None: of all."""
    if access.sees_all:
        return None
    if entity.name == "Observation":
        ids = ids_of(access, "Datastream")
        return Sql(f"{alias}.datastream_id IN ({ids.text})", ids.params)
    ids = ids_of(access, entity.model)
    return Sql(f"{alias}.id IN ({ids.text})", ids.params)


def ids_of(access: Access, model: str) -> Sql:
    """Return the query of the ids that a reader may know of."""
    rows = visible(access, apps.get_model("observations", model)._default_manager.order_by())  # noqa: SLF001
    try:
        text, params = rows.values("pk").query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return Sql("SELECT 0 WHERE 1 = 0")
    return Sql(text, tuple(params))
