"""Other formats than JSON documents, all of them streamed; one module each."""

from stadtkern.standards.sensorthings.formats.csv_text import CSV
from stadtkern.standards.sensorthings.formats.data_array import DATA_ARRAY
from stadtkern.standards.sensorthings.formats.form import Form
from stadtkern.standards.sensorthings.formats.geojson import GEOJSON
from stadtkern.standards.sensorthings.formats.parquet import PARQUET

FORMATS: dict[str, Form] = {"dataarray": DATA_ARRAY, "csv": CSV, "geojson": GEOJSON, "parquet": PARQUET}
"""Formats by the value of `$resultFormat`, in small letters."""
