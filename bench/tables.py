"""How fast tables are read and asked, and how much memory a large one needs.

    python bench/tables.py                  # a million rows in, ten million asked
    python bench/tables.py --memory         # a CSV file of 2 GB, with its peak of memory
    python bench/tables.py --save           # keep the figures in bench/results/tables.json

What is read is a German file as authorities write them: cp1252, semicolons, decimal commas, thousands dots,
dd.mm.yyyy, keys with zeros in front, yes and no, "k. A.". Every figure is from a process of its own.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stadtkern.tables import Aggregate, Group, Query, Table, TableError, ingest, survey

ROWS = 1_000_000
LARGE = 2_000_000_000
ASKED = 10_000_000
HEADER = (
    "Nr;AGS;Gemeinde;Straße;Datum;Zeitpunkt;Einwohner;Fläche (ha);Betrag in €;Anteil in %;Aktiv;Bemerkung\r\n"
)
TOWNS = (
    "Guben",
    "Cottbus",
    "Forst (Lausitz)",
    "Spremberg",
    "Peitz",
    "Döbern",
    "Lübbenau/Spreewald",
    "Groß Schacksdorf",
)


def german(number: float, digits: int) -> str:
    """Return a number as Germans write it."""
    return f"{number:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def body(rows: int) -> bytes:
    """Return the lines of a file, always the same."""
    dice = random.Random(1)  # noqa: S311  (always the same rows)
    lines = []
    for number in range(rows):
        day = f"{dice.randint(1, 28):02}.{dice.randint(1, 12):02}.{dice.randint(1990, 2025)}"
        lines.append(
            f"{number};{dice.randint(1001000, 16077056):08};{TOWNS[number % 8]};Hauptstraße {dice.randint(1, 200)};{day};"
            f"{day} {dice.randint(4, 23):02}:{dice.randint(0, 59):02};{dice.randint(0, 99999)};{german(dice.random() * 3000, 2)};"
            f"{german(dice.random() * 9e6, 2)};{german(dice.random() * 100, 1)};{dice.choice(('ja', 'nein'))};"
            f"{dice.choice(('geprüft', 'k. A.', '', 'vorläufig'))}\r\n"
        )
    return "".join(lines).encode("cp1252")


def write(path: Path, some: bytes, times: int) -> None:
    """Write a file of several times the same lines."""
    with path.open("wb") as file:
        file.write(HEADER.encode("cp1252"))
        for _ in range(times):
            file.write(some)


def read(path: str, folder: str) -> None:
    """Read one file and print figures; runs in a process of its own."""
    started = time.perf_counter()
    found = survey(Path(path), name="large.csv")
    surveyed = time.perf_counter()
    done = ingest(Path(path), found.plan, Path(folder))
    ended = time.perf_counter()
    print(
        json.dumps(
            {
                "rows": done.rows,
                "rejected": done.rejected_rows,
                "megabytes": round(Path(path).stat().st_size / 1e6),
                "survey_s": round(surveyed - started, 2),
                "ingest_s": round(ended - surveyed, 2),
                "rows_per_s": round(done.rows / (ended - started)),
                "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                "parquet_megabytes": round(done.table_path.stat().st_size / 1e6),
            }
        )
    )


def ask(path: str) -> None:
    """Ask one table and print how long each question took, the best of three."""
    table = Table(Path(path))
    questions = {
        "sum_by_town": lambda: table.aggregate(
            Aggregate((Group("gemeinde"),), (("count", ""), ("sum", "betrag_in_eur")))
        ),
        "mean_by_month": lambda: table.aggregate(
            Aggregate((Group("datum", "month"),), (("mean", "anteil_in_prozent"),))
        ),
        "histogram": lambda: table.aggregate(Aggregate((Group("einwohner", "bins", 20),))),
        "filtered_page": lambda: table.rows(
            Query.from_params(
                {"gemeinde": "Guben", "datum__gte": "2020-01-01", "_sort": "-betrag_in_eur"}, table.columns
            )
        ),
    }
    figures: dict[str, float] = {}
    for name, question in questions.items():
        times = []
        for _ in range(3):
            started = time.perf_counter()
            question()
            times.append(time.perf_counter() - started)
        figures[name + "_s"] = round(min(times), 3)
    print(json.dumps({"rows": len(table), **figures}))


def apart(*arguments: str) -> dict[str, float]:
    """Run a part of this program in a process of its own and return its figures."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Measure what is wanted."""
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        some = body(ROWS)
        path = Path(folder) / "table.csv"
        if options.memory:
            write(path, some, -(-LARGE // len(some)))
            figures["two_gigabytes"] = apart("--read", str(path), f"{folder}/large")
            print("2 GB:", figures["two_gigabytes"])
            return figures
        write(path, some, 1)
        figures["one_million"] = apart("--read", str(path), f"{folder}/one")
        print("a million rows:", figures["one_million"])
        write(path, some, ASKED // ROWS)
        figures["ten_million"] = apart("--read", str(path), f"{folder}/ten")
        figures["questions"] = apart("--ask", f"{folder}/ten/table.parquet")
        print("ten million rows:", figures["ten_million"], figures["questions"])
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--memory", action="store_true", help="read 2 GB instead")
    parser.add_argument("--save", action="store_true", help="keep the figures")
    options = parser.parse_args()
    if options.read:
        read(*options.read)
        return
    if options.ask:
        ask(options.ask)
        return
    figures = measure(options)
    if options.save:
        target = Path(__file__).parent / "results" / "tables.json"
        known = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        target.write_text(json.dumps(known | figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except TableError as error:
        sys.exit(f"{error.code}: {error}")
