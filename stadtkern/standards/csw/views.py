"""CSW 2.0.2 (OGC 07-006r1) with two operations: what there is, and one record by its identifier."""

from xml.etree.ElementTree import Element

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from stadtkern.catalogue.models import Dataset
from stadtkern.catalogue.rdf import names
from stadtkern.catalogue.rdf.queries import described
from stadtkern.standards.csw.iso import metadata
from stadtkern.standards.csw.xml import NAMESPACES, element, write
from stadtkern.web.fields import in_language
from stadtkern.web.town import current_town

GMD, CSW = NAMESPACES["gmd"], NAMESPACES["csw"]
VERSION = "2.0.2"
MOST = 50
"""Records in one answer."""


class Refused(Exception):
    """A request that cannot be answered: code and parameter as OWS Common 1.0 names them."""

    def __init__(self, code: str, locator: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.locator = locator


@require_safe
def csw(request: HttpRequest) -> HttpResponse:
    """Answer a request; the names of parameters may be written in any case."""
    given = {name.lower(): values[-1] for name, values in request.GET.lists()}
    try:
        root, status = _answer(given), 200
    except Refused as error:
        told = element(
            "ows:Exception",
            element("ows:ExceptionText", str(error)),
            exceptionCode=error.code,
            locator=error.locator,
        )
        root, status = element("ows:ExceptionReport", told, version="1.0.0"), 400
    headers = {"Access-Control-Allow-Origin": "*"}
    return HttpResponse(write(root), status=status, content_type="application/xml", headers=headers)


def _answer(given: dict[str, str]) -> Element:
    wanted = given.get("request", "").lower()
    if given.get("service", "CSW").upper() != "CSW":
        raise Refused("InvalidParameterValue", "service", "This is a CSW.")
    if wanted in {"", "getcapabilities"}:
        return _capabilities()
    if wanted != "getrecordbyid":
        raise Refused("OperationNotSupported", "request", "There are GetCapabilities and GetRecordById.")
    if given.get("version", VERSION) != VERSION:
        raise Refused("InvalidParameterValue", "version", f"The version is {VERSION}.")
    return _records(given)


def _records(given: dict[str, str]) -> Element:
    keys = [key.strip() for key in given.get("id", "").split(",") if key.strip()][:MOST]
    if not keys or any("\0" in key for key in keys):
        raise Refused("MissingParameterValue", "id", "Name the identifier of a record: id=...")
    schema = given.get("outputschema", CSW)
    if schema not in {GMD, CSW}:
        raise Refused("InvalidParameterValue", "outputSchema", f"The schemas are {GMD} and {CSW}.")
    slugs = [key.removeprefix(f"{names.base()}/data/") for key in keys]
    found = Dataset.objects.public().filter(Q(slug__in=slugs) | (Q(identifier__in=keys) & ~Q(identifier="")))
    make = metadata if schema == GMD else _record
    return element(
        "csw:GetRecordByIdResponse", *(make(one) for one in described(found.order_by("pk"))[:MOST])
    )


def _record(one: Dataset) -> Element:
    """Return a dataset in Dublin Core."""
    title, language = in_language(one.title, "de")
    return element(
        "csw:Record",
        element("dc:identifier", one.slug),
        element("dc:title", title or one.slug),
        element("dc:type", "dataset"),
        *(element("dc:subject", word.word) for word in one.keywords.all()),
        element("dct:modified", (one.modified or one.changed_at).date().isoformat()),
        element("dct:abstract", in_language(one.description, "de")[0]),
        element("dc:publisher", str(one.publisher)),
        element("dc:language", language),
        element("dct:references", names.page(one)),
    )


def _capabilities() -> Element:
    address = f"{names.base()}/csw/"
    get = element("ows:DCP", element("ows:HTTP", element("ows:Get", xlink__href=address)))
    town = current_town()
    operations = [
        element("ows:Operation", get, name="GetCapabilities"),
        element(
            "ows:Operation",
            get,
            _parameter("outputSchema", GMD, CSW),
            _parameter("ElementSetName", "full"),
            name="GetRecordById",
        ),
    ]
    return element(
        "csw:Capabilities",
        element(
            "ows:ServiceIdentification",
            element("ows:Title", town.title),
            element("ows:ServiceType", "CSW"),
            element("ows:ServiceTypeVersion", VERSION),
            element("ows:Fees", "none"),
            element("ows:AccessConstraints", "none"),
        ),
        element(
            "ows:ServiceProvider",
            element("ows:ProviderName", town.contact.organisation or town.name),
            element("ows:ServiceContact"),
        ),
        element("ows:OperationsMetadata", *operations),
        element(
            "ogc:Filter_Capabilities",
            element("ogc:Scalar_Capabilities", element("ogc:LogicalOperators")),
            element("ogc:Id_Capabilities", element("ogc:EID"), element("ogc:FID")),
        ),
        version=VERSION,
    )


def _parameter(name: str, *values: str) -> Element:
    return element("ows:Parameter", *(element("ows:Value", value) for value in values), name=name)
