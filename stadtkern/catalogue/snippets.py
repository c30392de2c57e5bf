"""How programs read the rows that were asked for: lines to copy, with the real address in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from stadtkern.catalogue.tablepage import TablePage


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for one tool."""

    slug: str
    title: str
    text: str
    note: str = ""


def snippets(page: TablePage) -> Sequence[Snippet]:
    """Return the lines for the rows that fit."""
    csv, rows = page.rows_address("csv"), page.rows_address()
    dates = [one.name for one in page.columns if one.kind in {"date", "datetime"}]
    has_places = page.table.geometry is not None
    found = [
        Snippet("curl", "curl", f"curl -o rows.csv '{csv}'"),
        Snippet("python", _("Python (pandas)"), _pandas(csv, dates)),
        Snippet("requests", _("Python (requests), page by page"), _requests(rows)),
        Snippet("r", "R", f'rows <- read.csv("{csv}", fileEncoding = "UTF-8")\nsummary(rows)'),
        Snippet("javascript", "JavaScript", _javascript(rows)),
        Snippet(
            "excel",
            "Excel, Power Query",
            _excel(csv),
            _("Data > Get Data > From Other Sources > Blank Query > Advanced Editor"),
        ),
    ]
    if has_places:
        geojson = page.rows_address("geojson")
        note = _("Layer > Add Layer > Add Vector Layer > Protocol: HTTP(S), with this address")
        found.append(Snippet("qgis", "QGIS", geojson, note))
    else:
        note = _("Layer > Add Layer > Add Delimited Text Layer, with this address as file name")
        found.append(Snippet("qgis", "QGIS", csv, note))
    return found


def _pandas(csv: str, dates: Sequence[str]) -> str:
    parsed = f", parse_dates={list(dates)!r}" if dates else ""
    return f'import pandas as pd\n\nrows = pd.read_csv("{csv}"{parsed})\nprint(rows.describe())'


def _requests(address: str) -> str:
    return (
        "import requests\n\n"
        f'address, rows = "{address}", []\n'
        "while address:\n"
        "    answer = requests.get(address, timeout=30).json()\n"
        '    rows += answer["rows"]\n'
        '    address = answer["next"]'
    )


def _javascript(address: str) -> str:
    return (
        f'const answer = await fetch("{address}");\n'
        "const { rows } = await answer.json();\n"
        "console.table(rows);"
    )


def _excel(csv: str) -> str:
    address = csv.replace('"', '""')
    return (
        "let\n"
        f'    Source = Csv.Document(Web.Contents("{address}"), [Delimiter=",", Encoding=65001]),\n'
        "    Rows = Table.PromoteHeaders(Source)\n"
        "in\n"
        "    Rows"
    )
