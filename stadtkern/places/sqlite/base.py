"""GeoDjango's spatialite backend without mod_spatialite: SpatiaLite SQL functions supplied by shapely."""

import functools, shapely, shapely.wkb
from shapely import wkb
from django.contrib.gis.db.backends.spatialite import base as sb, operations as so, schema as ss
from django.db.backends.sqlite3 import base as sq, introspection as sqi, schema as sqs


@functools.lru_cache(4096)
def L(b):
    return shapely.from_wkb(b)


def E(g):
    return None if g is None else shapely.to_wkb(g, include_srid=True)


def from_text(t, srid=4326):
    return E(shapely.set_srid(shapely.from_wkt(t), srid))


def pred(f):
    return lambda a, b: None if a is None or b is None else int(f(L(a), L(b)))


class Ops(so.SpatiaLiteOperations):
    spatial_version = (5, 1, 0)

    def spatial_ref_sys(self):
        return None

    def geo_db_type(self, f):
        return "BLOB"

    def lwgeom_version(self):
        return None

    def _ver(self):
        return "5"


class Schema(sqs.DatabaseSchemaEditor):  # plain column + R*Tree kept by triggers
    def column_sql(self, model, field, include_default=False):
        return super().column_sql(model, field, include_default)

    def create_model(self, model):
        super().create_model(model)
        from django.contrib.gis.db.models import GeometryField

        for f in model._meta.local_fields:
            if isinstance(f, GeometryField):
                t, c, i = model._meta.db_table, f.column, f"idx_{model._meta.db_table}_{f.column}"
                self.execute(f'CREATE VIRTUAL TABLE "{i}" USING rtree(pkid,xmin,xmax,ymin,ymax)')
                v = f'VALUES (new.id, MbrMinX(new."{c}"),MbrMaxX(new."{c}"),MbrMinY(new."{c}"),MbrMaxY(new."{c}"))'
                self.execute(
                    f'CREATE TRIGGER "{i}_i" AFTER INSERT ON "{t}" WHEN new."{c}" NOT NULL BEGIN INSERT OR REPLACE INTO "{i}" {v}; END'
                )
                self.execute(
                    f'CREATE TRIGGER "{i}_u" AFTER UPDATE OF "{c}" ON "{t}" BEGIN INSERT OR REPLACE INTO "{i}" {v}; END'
                )
                self.execute(
                    f'CREATE TRIGGER "{i}_d" AFTER DELETE ON "{t}" BEGIN DELETE FROM "{i}" WHERE pkid=old.id; END'
                )


class DatabaseWrapper(sb.DatabaseWrapper):
    SchemaEditorClass = Schema
    ops_class = Ops
    introspection_class = sqi.DatabaseIntrospection

    def __init__(self, *a, **k):
        sq.DatabaseWrapper.__init__(self, *a, **k)

    def prepare_database(self):
        pass

    def get_new_connection(self, p):
        c = sq.DatabaseWrapper.get_new_connection(self, p)
        F = functools.partial(c.create_function, deterministic=True)
        F("GeomFromText", 2, from_text)
        F("GeomFromText", 1, from_text)
        F("GeomFromEWKB", 1, lambda b: b)
        F("AsEWKB", 1, lambda b: None if b is None else bytes(b).hex().upper())
        F("AsText", 1, lambda b: L(b).wkt)
        F("AsGeoJSON", 2, lambda b, n: shapely.to_geojson(L(b)))
        for (
            n
        ) in "Intersects Contains Within Touches Crosses Overlaps Disjoint Equals Covers CoveredBy".split():
            F(n, 2, pred(getattr(shapely, {"CoveredBy": "covered_by"}.get(n, n.lower()))))
        F("ST_Distance", 2, lambda a, b: float(shapely.distance(L(a), L(b))))
        F("Distance", 2, lambda a, b: float(shapely.distance(L(a), L(b))))
        F("ST_Area", 1, lambda a: L(a).area)
        F("Area", 1, lambda a: L(a).area)
        F("Buffer", 2, lambda a, d: E(L(a).buffer(d)))
        for n, v in (
            ("rttopo_version", "1"),
            ("geos_version", "3.14"),
            ("proj4_version", "9"),
            ("spatialite_version", "5.1.0"),
            ("lwgeom_version", ""),
        ):
            F(n, 0, lambda v=v: v)
        F("SRID", 1, lambda a: shapely.get_srid(L(a)))
        for n, k in (("MbrMinX", 0), ("MbrMinY", 1), ("MbrMaxX", 2), ("MbrMaxY", 3)):
            F(n, 1, lambda b, k=k: L(b).bounds[k])
        return c
