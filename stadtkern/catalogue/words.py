"""What the codes of `stadtkern.tables` mean, in words for people."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from stadtkern.contracts.option import Label

KIND_NAMES: dict[str, Label] = {
    "text": pgettext_lazy("type of a column", "text"),
    "integer": pgettext_lazy("type of a column", "whole number"),
    "number": pgettext_lazy("type of a column", "number"),
    "boolean": pgettext_lazy("type of a column", "yes or no"),
    "date": pgettext_lazy("type of a column", "date"),
    "datetime": pgettext_lazy("type of a column", "date and time"),
    "clock": pgettext_lazy("type of a column", "time of day"),
    "json": pgettext_lazy("type of a column", "nested data"),
}

MEANINGS: dict[str, Label] = {
    "ags": gettext_lazy("key of a German municipality (AGS)"),
    "ars": gettext_lazy("regional key (ARS)"),
    "teryt": gettext_lazy("key of a Polish municipality (TERYT)"),
    "postcode": gettext_lazy("postcode"),
    "phone": gettext_lazy("telephone number"),
    "code": gettext_lazy("number of a file or a thing, not to be computed with"),
    "percent": gettext_lazy("share in percent"),
    "currency": gettext_lazy("amount of money"),
    "year": gettext_lazy("year"),
    "url": gettext_lazy("address on the web"),
    "email": gettext_lazy("email address"),
    "address": gettext_lazy("postal address"),
    "longitude": gettext_lazy("longitude"),
    "latitude": gettext_lazy("latitude"),
    "easting": gettext_lazy("easting"),
    "northing": gettext_lazy("northing"),
    "coordinates": gettext_lazy("coordinates"),
    "wkt": gettext_lazy("shape (WKT)"),
    "geojson": gettext_lazy("shape (GeoJSON)"),
}

CRS: dict[int, Label] = {
    4326: gettext_lazy("degrees, longitude and latitude (EPSG:4326)"),
    25832: gettext_lazy("UTM zone 32, western Germany (EPSG:25832)"),
    25833: gettext_lazy("UTM zone 33, eastern Germany (EPSG:25833)"),
    2180: gettext_lazy("Poland CS92 (EPSG:2180)"),
    3857: gettext_lazy("web map (EPSG:3857)"),
}

REASONS: dict[str, Label] = {
    "all_match": gettext_lazy("all values fit"),
    "most_match": gettext_lazy("most values fit"),
    "leading_zeros": gettext_lazy("text, so that leading zeros stay"),
    "long_digits": gettext_lazy("text, as the numbers are too long to compute with"),
    "by_name": gettext_lazy("by its name"),
    "format": gettext_lazy("by the form of its values"),
    "declared": gettext_lazy("the file says so"),
    "empty": gettext_lazy("no value there"),
}

FAILURES: dict[str, Label] = {
    "empty": gettext_lazy("There is nothing in the file."),
    "not_a_table": gettext_lazy("This is no table (%(format)s). Save it as CSV or Excel and upload that."),
    "is_html": gettext_lazy(
        "This is a web page and no table. Perhaps the address asks for a login or shows an error: open it "
        "in the browser, save the file there, and upload it."
    ),
    "error_page": gettext_lazy("This is an error message of a server and no table."),
    "encrypted": gettext_lazy(
        "The file is protected by a password. Save it without one and upload it again."
    ),
    "shapefile_needs_zip": gettext_lazy(
        "A Shapefile is several files. Pack .shp, .dbf, .shx and .prj into one ZIP and upload that."
    ),
    "incomplete_shapefile": gettext_lazy(
        "The ZIP lacks parts of the Shapefile: .shp, .dbf and .shx are needed."
    ),
    "broken_file": gettext_lazy("The file is damaged or was not stored completely (%(format)s)."),
    "broken_workbook": gettext_lazy("The workbook is damaged. Open it, save it anew, and upload that."),
    "broken_archive": gettext_lazy("The ZIP is damaged or was not stored completely."),
    "broken_json": gettext_lazy("The JSON in the file is not well formed."),
    "broken_xml": gettext_lazy("The XML in the file is not well formed."),
    "archive_too_large": gettext_lazy("The ZIP contains too much: unpacked it would be larger than allowed."),
    "no_table_in_archive": gettext_lazy("There is no table in the ZIP."),
    "no_such_member": gettext_lazy("The chosen file is not in the ZIP."),
    "nested_archive": gettext_lazy("There is a ZIP within the ZIP. Unpack it and upload the table itself."),
    "unsafe_archive": gettext_lazy("The ZIP contains files with forbidden names."),
    "too_many_columns": gettext_lazy("The table has %(count)s columns; %(allowed)s are possible at most."),
    "giant_line": gettext_lazy("A line of the file is so long that it can be no line of a table."),
    "giant_record": gettext_lazy("An entry of the file is too large."),
    "no_such_part": gettext_lazy("There is no sheet or layer “%(part)s” in the file."),
    "no_array": gettext_lazy("There is no list of entries in the JSON."),
    "no_such_column": gettext_lazy("There is no column “%(column)s”."),
    "unknown_encoding": gettext_lazy("The character set %(encoding)s is not known."),
    "wrong_encoding": gettext_lazy("The file is not in the chosen character set. Choose another one below."),
    "bad_plan": gettext_lazy("What was chosen does not fit together: %(field)s."),
    "broken_line": gettext_lazy("A line of the file cannot be taken apart: quotation marks do not end."),
    "no_records": gettext_lazy("There are no repeated entries in the XML."),
    "other_format": gettext_lazy(
        "The file is no longer what it was when it was looked at. Upload it once more."
    ),
    "no_geocoder": gettext_lazy("Addresses cannot be looked up here."),
    "worker_ended": gettext_lazy(
        "Reading the file ended the program %(times)s times. It is probably too large for this machine."
    ),
}

PROBLEMS: dict[str, Label] = {
    "several_parts": gettext_lazy("The file has several sheets or layers; one of them becomes the table."),
    "formulas_without_values": gettext_lazy(
        "%(count)s cells are formulas without a stored result; they are empty in the table. Open the file in "
        "your spreadsheet, save it, and upload it again."
    ),
    "merged_cells": gettext_lazy("Cells are merged; each row has got their value."),
    "crs_missing": gettext_lazy("The file does not say in which coordinates it is; degrees were assumed."),
    "crs_unknown": gettext_lazy("The coordinate system of the file is not known; degrees were assumed."),
    "crs_found": gettext_lazy("Coordinates were found; by where the town lies they are EPSG:%(crs)s."),
    "wrong_crs": gettext_lazy(
        "The places would lie far from the town. The coordinates seem to be swapped or in another system."
    ),
    "geometry_description_broken": gettext_lazy("What the file says about its shapes cannot be read."),
    "addresses_found": gettext_lazy("There are addresses; the rows can be put on the map by them."),
    "mixed_encoding": gettext_lazy("The file mixes character sets; %(count)s lines were mended."),
    "nul_characters": gettext_lazy("%(count)s invisible characters were removed."),
    "no_header": gettext_lazy("The columns have no headings; please name them."),
    "several_header_rows": gettext_lazy("The headings take several rows; they were joined."),
    "lines_above": gettext_lazy("Rows above the table are left out."),
    "footnotes": gettext_lazy("Notes below the table are left out."),
    "totals_row": gettext_lazy("The sum below the table is left out."),
    "uneven_rows": gettext_lazy("Some rows have more or fewer values than there are columns."),
    "most_rejected": gettext_lazy(
        "Most rows do not fit: %(rejected)s were left out, %(rows)s are in the table."
    ),
    "no_rows": gettext_lazy("Not a single row can be read this way."),
    "rejects_cut": gettext_lazy("So many rows were left out that only the first %(kept)s are listed."),
    "year_of_two_digits": gettext_lazy("Years have two digits; the century was guessed."),
    "ambiguous_time": gettext_lazy(
        "Some times fall into the hour that is there twice when summer time ends."
    ),
}

REJECTS: dict[str, Label] = {
    "not_a_number": gettext_lazy("not a number"),
    "not_a_whole_number": gettext_lazy("not a whole number"),
    "too_large": gettext_lazy("too large a number"),
    "not_a_date": gettext_lazy("not a date"),
    "no_such_date": gettext_lazy("there is no such day"),
    "not_a_time": gettext_lazy("not a time"),
    "no_such_time": gettext_lazy("there is no such time"),
    "nonexistent_time": gettext_lazy("this time is left out when summer time begins"),
    "not_yes_or_no": gettext_lazy("neither yes nor no"),
    "not_json": gettext_lazy("not well-formed JSON"),
    "excel_error": gettext_lazy("error of the spreadsheet"),
    "too_many_cells": gettext_lazy("more values than columns"),
    "too_few_cells": gettext_lazy("fewer values than columns"),
    "footnote": gettext_lazy("below the table"),
    "totals_row": gettext_lazy("sum below the table"),
    "not_a_coordinate": gettext_lazy("not a coordinate"),
    "coordinates_out_of_range": gettext_lazy("coordinates that do not exist"),
    "not_a_record": gettext_lazy("not an entry of the table"),
    "not_a_feature": gettext_lazy("not a feature with a shape"),
}


def _filled(text: Label, facts: Mapping[str, Any]) -> str:
    """Return a text with its facts; a fact that is missing leaves a dash."""

    class _Facts(dict[str, Any]):
        def __missing__(self, key: str) -> str:
            return "–"

    shown = {
        name: ", ".join(map(str, one[:5])) if isinstance(one, list | tuple) else one
        for name, one in facts.items()
    }
    return str(text) % _Facts(shown)


def failure(code: str, facts: Mapping[str, Any], text: str = "") -> str:
    """Return why a file cannot be read."""
    if code in FAILURES:
        return _filled(FAILURES[code], facts)
    return _("The file cannot be read: %(reason)s") % {"reason": text or code}


def problem(found: Mapping[str, Any]) -> str:
    """Return what is odd about a file."""
    facts = {"column": found.get("column", ""), **found.get("facts", {})}
    code = str(found.get("code", ""))
    return _filled(PROBLEMS[code], facts) if code in PROBLEMS else _coded(code, facts)


def _coded(code: str, facts: Mapping[str, Any]) -> str:
    """Return something readable for a code that has no words yet."""
    details = ", ".join(str(value)[:80] for value in facts.values() if value not in ("", None))
    return code.replace("_", " ") + (f": {details}" if details else "")


def reject(code: str) -> str:
    """Return why a value was refused."""
    return str(REJECTS.get(code) or code.replace("_", " "))


def reason(found: Mapping[str, Any], meaning: str = "") -> str:
    """Return why a column is read the way it is."""
    if meaning in MEANINGS:
        return str(MEANINGS[meaning])
    code = str(found.get("code", ""))
    return str(REASONS.get(code) or code.replace("_", " "))
