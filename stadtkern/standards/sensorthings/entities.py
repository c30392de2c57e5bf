"""The entity types of the standard, their properties and links (OGC 18-088 section 8).

This is data alone, so that reading, writing, `$batch` and MQTT agree on it. `field` and `path` name what
holds a property or a link in the tables of `observations`; an empty `field` means that it is computed.
"""

from dataclasses import dataclass
from enum import StrEnum, auto
from functools import cached_property

OBSERVATION_TYPE = "http://www.opengis.net/def/observationType/OGC-OM/2.0/"
OM_MEASUREMENT = OBSERVATION_TYPE + "OM_Measurement"
OM_COMPLEX = OBSERVATION_TYPE + "OM_ComplexObservation"
OBSERVATION_TYPES = {
    OBSERVATION_TYPE + name
    for name in (
        "OM_CategoryObservation",
        "OM_CountObservation",
        "OM_Measurement",
        "OM_Observation",
        "OM_TruthObservation",
    )
}
"""18-088 table 12: kinds of results of a Datastream."""


class Kind(StrEnum):
    """What a property holds."""

    TEXT = auto()
    URI = auto()
    OBJECT = auto()
    """JSON object; its members can be addressed and compared."""
    LIST = auto()
    """JSON array."""
    ANY = auto()
    """Any JSON value: `result`, and `metadata` of a sensor."""
    INSTANT = auto()
    PERIOD = auto()
    TIME = auto()
    """An instant or a period (TM_Object)."""
    GEOMETRY = auto()
    """A place as its encoding type says, nearly always GeoJSON."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an entity type.

    Parameters
    ----------
    name
        as in JSON.
    kind
        what it holds.
    mandatory
        whether a new entity without it is refused.
    field
        column that holds it, as Django names it; empty: computed. Of a period it is the column of its begin.
    end
        column that holds the end of a period.
    writable
        whether clients may set it; the server keeps the others, and ignores what a client sends for them.
    """

    name: str
    kind: Kind
    field: str
    mandatory: bool = False
    end: str = ""
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Link:
    """A navigation property.

    Parameters
    ----------
    name
        as in JSON and in addresses, such as `Thing` or `Datastreams`.
    target
        name of the entity type at the other end.
    many
        whether it leads to a collection.
    mandatory
        whether a new entity without it is refused.
    path
        how a query gets there, as Django names it; empty: needs more than a join (see `compile`).
    back
        name of the link that leads back from the target.
    """

    name: str
    target: str
    path: str
    back: str
    many: bool = False
    mandatory: bool = False


@dataclass(frozen=True)
class EntityType:
    """A kind of entity.

    Parameters
    ----------
    name
        singular, as in `Datastream`.
    plural
        the entity set, as in `Datastreams`.
    model
        the model that holds it, without the name of the app.
    properties, links
        in the order in which documents show them.
    """

    name: str
    plural: str
    model: str
    properties: tuple[Property, ...]
    links: tuple[Link, ...]

    @cached_property
    def property_of(self) -> dict[str, Property]:
        """Return the properties by name."""
        return {one.name: one for one in self.properties}

    @cached_property
    def link_of(self) -> dict[str, Link]:
        """Return the links by name."""
        return {one.name: one for one in self.links}

    @cached_property
    def mandatory(self) -> tuple[str, ...]:
        """Return the names of the properties that a new entity must have."""
        return tuple(one.name for one in self.properties if one.mandatory)


_NAME = Property("name", Kind.TEXT, "name", mandatory=True)
_DESCRIPTION = Property("description", Kind.TEXT, "description", mandatory=True)
_ENCODING = Property("encodingType", Kind.TEXT, "encoding_type", mandatory=True)
_PROPERTIES = Property("properties", Kind.OBJECT, "properties")
_EXTENT = (
    Property("observedArea", Kind.GEOMETRY, "observed_area", writable=False),
    Property("phenomenonTime", Kind.PERIOD, "", writable=False),
    Property("resultTime", Kind.PERIOD, "", writable=False),
    _PROPERTIES,
)

THING = EntityType(
    "Thing",
    "Things",
    "Thing",
    (_NAME, _DESCRIPTION, _PROPERTIES),  # table 3
    (
        Link("Locations", "Location", "locations", "Things", many=True),
        Link("HistoricalLocations", "HistoricalLocation", "historical_locations", "Thing", many=True),
        Link("Datastreams", "Datastream", "datastreams", "Thing", many=True),
        Link("MultiDatastreams", "MultiDatastream", "datastreams", "Thing", many=True),
    ),
)
LOCATION = EntityType(
    "Location",
    "Locations",
    "Location",
    (
        _NAME,
        _DESCRIPTION,
        _ENCODING,
        Property("location", Kind.GEOMETRY, "geometry", mandatory=True),
        _PROPERTIES,
    ),  # table 5
    (
        Link("Things", "Thing", "things", "Locations", many=True),
        Link("HistoricalLocations", "HistoricalLocation", "historical_locations", "Locations", many=True),
    ),
)
HISTORICAL_LOCATION = EntityType(
    "HistoricalLocation",
    "HistoricalLocations",
    "HistoricalLocation",
    (Property("time", Kind.INSTANT, "time", mandatory=True),),  # table 8
    (
        Link("Locations", "Location", "locations", "HistoricalLocations", many=True, mandatory=True),
        Link("Thing", "Thing", "thing", "HistoricalLocations", mandatory=True),
    ),
)
DATASTREAM = EntityType(
    "Datastream",
    "Datastreams",
    "Datastream",
    (
        _NAME,
        _DESCRIPTION,
        Property("unitOfMeasurement", Kind.OBJECT, "unit_of_measurement", mandatory=True),
        Property("observationType", Kind.URI, "observation_type", mandatory=True),
        *_EXTENT,
    ),  # table 10
    (
        Link("Thing", "Thing", "thing", "Datastreams", mandatory=True),
        Link("Sensor", "Sensor", "sensor", "Datastreams", mandatory=True),
        Link("ObservedProperty", "ObservedProperty", "observed_property", "Datastreams", mandatory=True),
        Link("Observations", "Observation", "observations", "Datastream", many=True),
    ),
)
MULTI_DATASTREAM = EntityType(
    "MultiDatastream",
    "MultiDatastreams",
    "Datastream",
    (
        _NAME,
        _DESCRIPTION,
        Property("unitOfMeasurements", Kind.LIST, "", mandatory=True),
        Property("observationType", Kind.URI, "observation_type", mandatory=True),
        Property("multiObservationDataTypes", Kind.LIST, "", mandatory=True),
        *_EXTENT,
    ),  # table 42
    (
        Link("Thing", "Thing", "thing", "MultiDatastreams", mandatory=True),
        Link("Sensor", "Sensor", "sensor", "MultiDatastreams", mandatory=True),
        Link("ObservedProperties", "ObservedProperty", "", "MultiDatastreams", many=True, mandatory=True),
        Link("Observations", "Observation", "observations", "MultiDatastream", many=True),
    ),
)
SENSOR = EntityType(
    "Sensor",
    "Sensors",
    "Sensor",
    (
        _NAME,
        _DESCRIPTION,
        _ENCODING,
        Property("metadata", Kind.ANY, "metadata", mandatory=True),
        _PROPERTIES,
    ),  # table 14
    (
        Link("Datastreams", "Datastream", "datastreams", "Sensor", many=True),
        Link("MultiDatastreams", "MultiDatastream", "datastreams", "Sensor", many=True),
    ),
)
OBSERVED_PROPERTY = EntityType(
    "ObservedProperty",
    "ObservedProperties",
    "ObservedProperty",
    (
        _NAME,
        Property("definition", Kind.URI, "definition", mandatory=True),
        _DESCRIPTION,
        _PROPERTIES,
    ),  # table 17
    (
        Link("Datastreams", "Datastream", "datastreams", "ObservedProperty", many=True),
        Link("MultiDatastreams", "MultiDatastream", "", "ObservedProperties", many=True),
    ),
)
OBSERVATION = EntityType(
    "Observation",
    "Observations",
    "Observation",
    (
        Property("phenomenonTime", Kind.TIME, "phenomenon_time", end="phenomenon_end", mandatory=True),
        Property("result", Kind.ANY, "result", mandatory=True),
        Property("resultTime", Kind.INSTANT, "result_time", mandatory=True),
        Property("resultQuality", Kind.ANY, "result_quality"),
        Property("validTime", Kind.PERIOD, "valid_from", end="valid_to"),
        Property("parameters", Kind.OBJECT, "parameters"),
    ),  # table 19; section 8.2.7: a missing time is filled in by the server
    (
        Link("Datastream", "Datastream", "datastream", "Observations"),
        Link("MultiDatastream", "MultiDatastream", "datastream", "Observations"),
        Link("FeatureOfInterest", "FeatureOfInterest", "", "Observations"),
    ),
)
FEATURE_OF_INTEREST = EntityType(
    "FeatureOfInterest",
    "FeaturesOfInterest",
    "FeatureOfInterest",
    (
        _NAME,
        _DESCRIPTION,
        _ENCODING,
        Property("feature", Kind.GEOMETRY, "feature", mandatory=True),
        _PROPERTIES,
    ),  # table 21
    (Link("Observations", "Observation", "", "FeatureOfInterest", many=True),),
)

ENTITY_TYPES = (
    THING,
    LOCATION,
    HISTORICAL_LOCATION,
    DATASTREAM,
    MULTI_DATASTREAM,
    SENSOR,
    OBSERVED_PROPERTY,
    OBSERVATION,
    FEATURE_OF_INTEREST,
)
BY_NAME = {one.name: one for one in ENTITY_TYPES}
"""Entity types by singular name: `BY_NAME["Thing"]`."""
BY_SET = {one.plural: one for one in ENTITY_TYPES}
"""Entity types by the name of their entity set: `BY_SET["Things"]`."""
ENTITY_FOR = BY_NAME | BY_SET
"""Entity types by the name of any link or entity set."""
