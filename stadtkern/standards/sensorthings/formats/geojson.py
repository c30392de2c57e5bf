"""`$resultFormat=GeoJSON`: each entity as a feature at its place (RFC 7946)."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.compile.dialect import Dialect
from stadtkern.standards.sensorthings.formats.flat import Column, columns_of, value_at
from stadtkern.standards.sensorthings.formats.form import Form, row_chunks
from stadtkern.standards.sensorthings.read.documents import FEATURE, Builder
from stadtkern.standards.sensorthings.read.expand import expanded
from stadtkern.standards.sensorthings.read.rows import Listing
from stadtkern.standards.sensorthings.read.shape import Shape

_OF_THING = "(SELECT {} FROM observations_thing g WHERE g.id = {{a}}.thing_id)"  # constants


def _place(entity: str, dialect: Dialect) -> str:
    """Return the column with the place of an entity as GeoJSON."""
    shape = dialect.geojson("g.feature")
    feature = f"(SELECT {shape} FROM observations_featureofinterest g WHERE g.id = {FEATURE})"  # noqa: S608  # as above
    area = (
        f"COALESCE({dialect.geojson('{a}.observed_area')}, {_OF_THING.format(dialect.geojson('g.location'))})"
    )
    places = {
        "Thing": dialect.geojson("{a}.location"),
        "Location": dialect.geojson("{a}.geometry"),
        "FeatureOfInterest": dialect.geojson("{a}.feature"),
        "HistoricalLocation": (
            f"(SELECT {dialect.geojson('g.geometry')} FROM observations_location g "  # noqa: S608  # as above
            "JOIN observations_historicallocation_locations h ON h.location_id = g.id "
            "WHERE h.historicallocation_id = {a}.id LIMIT 1)"
        ),
        "Datastream": area,
        "MultiDatastream": area,
        "Observation": feature,
    }
    return places.get(entity, "NULL")


def _pieces(rows: Listing, shape: Shape, query: Query, after: Sequence[Any]) -> Iterator[bytes]:
    columns = [one for one in columns_of(shape, rows.context.dialect.vendor) if one.name != "id"]
    return _features(rows, shape, query, after, columns)


def _features(
    rows: Listing, shape: Shape, query: Query, after: Sequence[Any], columns: list[Column]
) -> Iterator[bytes]:
    builder = Builder(shape, rows.context.root)
    place = builder.add(_place(shape.entity.name, rows.context.dialect))
    yield b'{"type":"FeatureCollection","features":['
    comma = b""
    for found in row_chunks(rows, builder, query, after):
        features = []
        for row, document in zip(found, expanded(rows.context, shape, builder, found), strict=True):
            properties = {column.name: value_at(document, column.way) for column in columns}
            geometry = None if row[place] is None else msgspec.Raw(row[place].encode())
            features.append({"type": "Feature", "id": row[0], "geometry": geometry, "properties": properties})
        yield comma + msgspec.json.encode(features)[1:-1]
        comma = b","
    yield b"]}"


GEOJSON = Form("application/geo+json", "", _pieces)
