"""Which requirements classes are met; `test_abstract_suite` holds the interface to them."""

FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CRS = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
FILTER = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
COMMON = "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/"
RECORDS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/"

CLASSES = (
    COMMON + "core",
    FEATURES + "core",
    FEATURES + "oas30",
    FEATURES + "html",
    FEATURES + "geojson",
    CRS + "crs",
    FILTER + "queryables",
    FILTER + "queryables-query-parameters",
    FILTER + "filter",
    FILTER + "features-filter",
    CQL2 + "cql2-text",
    CQL2 + "cql2-json",
    CQL2 + "basic-cql2",
    CQL2 + "advanced-comparison-operators",
    CQL2 + "case-insensitive-comparison",
    CQL2 + "basic-spatial-functions",
    CQL2 + "basic-spatial-functions-plus",
    CQL2 + "spatial-functions",
    CQL2 + "temporal-functions",
    CQL2 + "property-property",
    TILES + "core",
    TILES + "tileset",
    TILES + "tilesets-list",
    TILES + "geodata-tilesets",
    TILES + "mvt",
    TILES + "oas30",
    RECORDS + "record-core",
    RECORDS + "record-core-query-parameters",
    RECORDS + "record-collection",
    RECORDS + "searchable-catalog",
    RECORDS + "json",
    RECORDS + "html",
)
