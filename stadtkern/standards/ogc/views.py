"""Addresses and what answers them."""

from django.http import HttpRequest

from stadtkern.base.errors import NotFound
from stadtkern.features import collections
from stadtkern.standards.ogc import documents, items, openapi, records, tiles
from stadtkern.standards.ogc.answering import Reply, resource
from stadtkern.standards.ogc.asking import HTML, JSON, JSON_FORMS, OPENAPI, SCHEMA, Ask, understood

Answer = tuple[Ask, Reply]
QUERYABLES_FORMS = {"json": SCHEMA, "html": HTML}
API_FORMS = {"json": OPENAPI, "html": HTML}


@resource
def landing(request: HttpRequest) -> Answer:
    """Answer `/`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, documents.landing(ask)


@resource
def conformance(request: HttpRequest) -> Answer:
    """Answer `/conformance`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, documents.conformity(ask)


@resource
def api(request: HttpRequest) -> Answer:
    """Answer `/api`."""
    ask = understood(request, (), API_FORMS)
    return ask, openapi.described(ask)


@resource
def listing(request: HttpRequest) -> Answer:
    """Answer `/collections`."""
    ask = understood(request, ("limit", "offset"), JSON_FORMS)
    return ask, documents.listing(ask)


@resource
def collection(request: HttpRequest, name: str) -> Answer:
    """Answer `/collections/{collectionId}`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, documents.single(ask, name)


@resource
def queryables(request: HttpRequest, name: str) -> Answer:
    """Answer `/collections/{collectionId}/queryables`."""
    ask = understood(request, (), QUERYABLES_FORMS)
    return ask, documents.queryables(ask, collections.get(name, request))


@resource
def many(request: HttpRequest, name: str) -> Answer:
    """Answer `/collections/{collectionId}/items`."""
    if name == records.NAME:
        ask = understood(request, records.PARAMETERS, items.FORMS)
        return ask, records.many(ask, items.box_of(ask))
    found = collections.get(name, request)
    ask = understood(request, [*items.PARAMETERS, *found.properties()], items.FORMS)
    return ask, items.many(ask, found)


@resource
def one(request: HttpRequest, name: str, key: str) -> Answer:
    """Answer `/collections/{collectionId}/items/{featureId}`."""
    if name == records.NAME:
        ask = understood(request, (), items.FORMS)
        return ask, records.one(ask, key)
    found = collections.get(name, request)
    ask = understood(request, items.ITEM_PARAMETERS, items.FORMS)
    return ask, items.one(ask, found, key)


@resource
def places(request: HttpRequest, name: str) -> Answer:
    """Answer `/collections/{collectionId}/places`: the points that the map of the page draws."""
    found = collections.get(name, request)
    ask = understood(request, [*items.PARAMETERS, *found.properties()], {"json": items.GEOJSON})
    page = found.page(items.question(ask, found).wanted, shapes=True)
    shown = items.places(ask, page.rows, list(found.properties()))
    return ask, Reply({"type": "FeatureCollection", "features": shown}, is_public=found.about().is_public)


@resource
def schemes(request: HttpRequest) -> Answer:
    """Answer `/tileMatrixSets`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, tiles.schemes(ask)


@resource
def scheme(request: HttpRequest, grid: str) -> Answer:
    """Answer `/tileMatrixSets/{tileMatrixSetId}`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, tiles.scheme(ask, grid)


@resource
def tilesets(request: HttpRequest, name: str) -> Answer:
    """Answer `/collections/{collectionId}/tiles`."""
    ask = understood(request, (), JSON_FORMS)
    return ask, tiles.listing(ask, name)


@resource
def tileset(request: HttpRequest, name: str, grid: str) -> Answer:
    """Answer `/collections/{collectionId}/tiles/{tileMatrixSetId}`."""
    ask = understood(request, (), tiles.SET_FORMS)
    return ask, tiles.metadata(ask, name, grid)


@resource
def tile(request: HttpRequest, name: str, grid: str, zoom: int, row: int, column: int) -> Answer:  # noqa: PLR0913, PLR0917
    """Answer `/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}`."""
    ask = understood(request, (), tiles.TILE_FORMS)
    return ask, tiles.tile(ask, name, grid, (zoom, row, column))


@resource
def nowhere(request: HttpRequest, path: str) -> Answer:
    """Answer an address that leads nowhere."""
    raise NotFound("There is nothing at this address.")


__all__ = ["JSON"]
