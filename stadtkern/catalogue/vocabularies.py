"""The controlled vocabularies that datasets are described with.

Sources: EU Vocabularies (Publications Office of the European Union, authority tables), DCAT-AP.de 3.0 and the
annex of Implementing Regulation (EU) 2023/138 (high-value datasets).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from stadtkern.contracts.option import Label

AUTHORITY = "http://publications.europa.eu/resource/authority/"
HVD_REGULATION = "http://data.europa.eu/eli/reg_impl/2023/138/oj"


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of a vocabulary."""

    code: str
    uri: str
    title: Label


def _table(name: str, titles: Mapping[str, Label]) -> dict[str, Concept]:
    return {code: Concept(code, f"{AUTHORITY}{name}/{code}", title) for code, title in titles.items()}


THEMES = _table(
    "data-theme",
    {
        "AGRI": _("Agriculture, fisheries, forestry and food"),
        "ECON": _("Economy and finance"),
        "EDUC": _("Education, culture and sport"),
        "ENER": _("Energy"),
        "ENVI": _("Environment"),
        "GOVE": _("Government and public sector"),
        "HEAL": _("Health"),
        "INTR": _("International issues"),
        "JUST": _("Justice, legal system and public safety"),
        "REGI": _("Regions and cities"),
        "SOCI": _("Population and society"),
        "TECH": _("Science and technology"),
        "TRAN": pgettext_lazy("theme", "Transport"),
    },
)
"""http://publications.europa.eu/resource/authority/data-theme without OP_DATPRO (provisional data)."""

FREQUENCIES = _table(
    "frequency",
    {
        "CONT": _("continuously"),
        "UPDATE_CONT": _("all the time"),
        "HOURLY": _("every hour"),
        "DAILY": _("every day"),
        "WEEKLY": _("every week"),
        "BIWEEKLY": _("every two weeks"),
        "MONTHLY": _("every month"),
        "QUARTERLY": _("every quarter"),
        "ANNUAL_2": _("twice a year"),
        "ANNUAL": _("every year"),
        "BIENNIAL": _("every two years"),
        "QUINQUENNIAL": _("every five years"),
        "DECENNIAL": _("every ten years"),
        "IRREG": _("irregularly"),
        "NEVER": pgettext_lazy("rhythm", "never again"),
        "UNKNOWN": pgettext_lazy("rhythm", "unknown"),
    },
)
RHYTHMS: Mapping[str, timedelta] = {
    "CONT": timedelta(hours=1),
    "UPDATE_CONT": timedelta(hours=1),
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(days=7),
    "BIWEEKLY": timedelta(days=14),
    "MONTHLY": timedelta(days=31),
    "QUARTERLY": timedelta(days=92),
    "ANNUAL_2": timedelta(days=184),
    "ANNUAL": timedelta(days=366),
    "BIENNIAL": timedelta(days=731),
    "QUINQUENNIAL": timedelta(days=1827),
    "DECENNIAL": timedelta(days=3653),
}
"""The longest time between two editions that the rhythm promises."""

AVAILABILITIES = {
    code: Concept(
        code, f"http://publications.europa.eu/resource/authority/planned-availability/{code}", title
    )
    for code, title in {
        "EXPERIMENTAL": _("as a trial"),
        "AVAILABLE": _("for some years at least"),
        "STABLE": _("for good"),
        "TEMPORARY": _("for a short time"),
    }.items()
}
"""Code list of dcatap:availability; the word stands for how long the data are promised."""

_HVD = "http://data.europa.eu/bna/"
HVD_CATEGORIES = {
    code: Concept(code, _HVD + code, title)
    for code, title in {
        "c_ac64a52d": pgettext_lazy("high-value data", "Geospatial"),
        "c_dd313021": pgettext_lazy("high-value data", "Earth observation and environment"),
        "c_164e0bf5": pgettext_lazy("high-value data", "Meteorological"),
        "c_e1da4e07": pgettext_lazy("high-value data", "Statistics"),
        "c_a9135398": pgettext_lazy("high-value data", "Companies and company ownership"),
        "c_b79e35eb": pgettext_lazy("high-value data", "Mobility"),
    }.items()
}
"""The six categories of the annex of Implementing Regulation (EU) 2023/138."""

_LEVEL = "http://dcat-ap.de/def/politicalGeocoding/Level/"
LEVELS = {
    code: Concept(code, _LEVEL + code, title)
    for code, title in {
        "international": _("international"),
        "european": _("European"),
        "federal": _("federal"),
        "state": _("state (Land)"),
        "administrativeDistrict": _("administrative district"),
        "municipality": _("municipality"),
    }.items()
}
"""dcatde:politicalGeocodingLevelURI."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its entry in the EU's table, its media type (IANA), and what MQA thinks of it."""

    code: str
    media_type: str
    extension: str
    title: str
    is_machine_readable: bool = True
    is_open: bool = True

    @property
    def uri(self) -> str:
        """Name in the authority table of file types."""
        return f"{AUTHORITY}file-type/{self.code}"


FORMATS = {
    one.code: one
    for one in (
        Format("CSV", "text/csv", "csv", "CSV"),
        Format("TSV", "text/tab-separated-values", "tsv", "TSV"),
        Format(
            "XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "xlsx",
            "Excel (XLSX)",
            is_open=False,
        ),
        Format("XLS", "application/vnd.ms-excel", "xls", "Excel (XLS)", is_open=False),
        Format("ODS", "application/vnd.oasis.opendocument.spreadsheet", "ods", "OpenDocument (ODS)"),
        Format("JSON", "application/json", "json", "JSON"),
        Format("JSON_LD", "application/ld+json", "jsonld", "JSON-LD"),
        Format("GEOJSON", "application/geo+json", "geojson", "GeoJSON"),
        Format("GPKG", "application/geopackage+sqlite3", "gpkg", "GeoPackage"),
        Format("SHP", "application/vnd.shp", "zip", "Shapefile"),
        Format("KML", "application/vnd.google-earth.kml+xml", "kml", "KML"),
        Format("GPX", "application/gpx+xml", "gpx", "GPX"),
        Format("GML", "application/gml+xml", "gml", "GML"),
        Format("PARQUET", "application/vnd.apache.parquet", "parquet", "Parquet"),
        Format("XML", "application/xml", "xml", "XML"),
        Format("RDF_TURTLE", "text/turtle", "ttl", "RDF (Turtle)"),
        Format("RDF_XML", "application/rdf+xml", "rdf", "RDF/XML"),
        Format("TIFF", "image/tiff", "tif", "GeoTIFF"),
        Format("PDF", "application/pdf", "pdf", "PDF", is_machine_readable=False),
        Format("HTML", "text/html", "html", "HTML", is_machine_readable=False),
        Format("TXT", "text/plain", "txt", "Text"),
        Format("ZIP", "application/zip", "zip", "ZIP", is_machine_readable=False),
        Format("WMS_SRVC", "application/vnd.ogc.wms_xml", "", "WMS"),
        Format("WFS_SRVC", "application/vnd.ogc.wfs_xml", "", "WFS"),
        Format("MVT", "application/vnd.mapbox-vector-tile", "mvt", "Vector tiles"),
        Format("OCTET", "application/octet-stream", "bin", "Binary", is_machine_readable=False),
    )
}


def format_of(name: str) -> Format | None:
    """Return the format that a file name, an extension, a media type or a code of the EU's table means."""
    wanted = name.strip().rpartition("/file-type/")[2].casefold()
    last = wanted.rpartition(".")[2]
    for one in FORMATS.values():
        if wanted in {one.code.casefold(), one.media_type} or (last == one.extension and last):
            return one
    return None
