"""Build the index of many datasets and search in it, with facets: p95 by kind of question, and time to build.

    python bench/search.py [--datasets 100000] [--questions 200] [--out FILE]

Datasets are made up with a fixed seed: words of German texts with Zipf's distribution, compounds among them,
publishers with habits of their own. The limit in the same run: the same words looked up in the full text of the
database, all hits read, nothing counted, ranked or marked.
"""

# ruff: noqa: PLC0415, S311  # Django is set up on a database of its own first; nothing secret is drawn

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SEED = 20261125
WORDS = 60_000
PUBLISHERS = 80
THEMES = ["AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "JUST", "REGI", "SOCI", "TECH", "TRAN"]
LICENCES = ["dl-de/by-2-0", "dl-de/zero-2-0", "CC-BY-4.0", "CC0-1.0"]
FORMATS = ["CSV", "XLSX", "JSON", "GEOJSON", "WMS_SRVC", "WFS_SRVC", "PDF", "GPKG"]
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)


def vocabulary(draw: random.Random) -> list[str]:
    """Return words, common ones first: parts of compounds, then compounds of two and three of them."""
    lines = (ROOT / "stadtkern/search/words/parts.txt").read_text().splitlines()
    parts = [word for line in lines if not line.startswith("#") for word in line.split() if len(word) > 3]
    words = dict.fromkeys(draw.sample(parts, len(parts)))
    while len(words) < WORDS:
        words["".join(draw.choices(parts, k=draw.choice((2, 2, 2, 3))))] = None
    return list(words)


def fill(count: int) -> list[str]:
    """Write datasets; return the words they are made of."""
    from django.contrib.gis.geos import Polygon

    from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword
    from stadtkern.governance.models import DataProfile
    from stadtkern.people.models import Organisation

    draw = random.Random(SEED)
    words = vocabulary(draw)
    weights = [1 / (rank + 10) for rank in range(len(words))]
    owner = Organisation.objects.create(slug="town", name={"de": "Stadt"})
    profile = DataProfile.objects.create(
        slug="open", title={"de": "Offen"}, purpose={"de": "x"}, legal_basis={"de": "x"}, licence=LICENCES[0],
        owner=owner, is_published=True,
    )  # fmt: skip
    agents = [Agent.objects.create(slug=f"amt-{n}", name={"de": f"Amt {n}"}) for n in range(PUBLISHERS)]
    keywords = Keyword.objects.bulk_create(
        [Keyword(word=word, slug=word, language="de") for word in words[:3000]]
    )
    for first in range(0, count, 5000):
        batch = []
        for number in range(first, min(count, first + 5000)):
            agent = int(draw.paretovariate(0.6)) % PUBLISHERS
            text = draw.choices(words, weights, k=60)
            west, south = draw.uniform(6, 14), draw.uniform(48, 54)
            title = " ".join(word.capitalize() for word in text[:4])
            batch.append(Dataset(
                slug=f"d-{number}", live=True, title={"de": title}, summary={"de": " ".join(text[4:16])},
                description={"de": " ".join(text[16:])}, profile=profile, publisher=agents[agent],
                themes=sorted({THEMES[agent % 12], draw.choice(THEMES)}), language=draw.choice(("de", "de", "de", "en")),
                extent=Polygon.from_bbox((west, south, west + 0.2, south + 0.2)),
                modified=NEWEST - timedelta(days=int(draw.expovariate(1 / 700))),
            ))  # fmt: skip
        made = Dataset.objects.bulk_create(batch)
        Dataset.keywords.through.objects.bulk_create(
            [
                Dataset.keywords.through(dataset_id=one.pk, keyword_id=key.pk)
                for one in made
                for key in draw.sample(keywords, 4)
            ]
        )
        Distribution.objects.bulk_create(
            [
                Distribution(dataset=one, slug=f"t{n}", format=FORMATS[(one.publisher_id + n * draw.randint(0, 1)) % 8],
                             licence=LICENCES[one.publisher_id % 4], access_url="https://example.org/")
                for one in made
                for n in range(draw.randint(1, 3))
            ]
        )  # fmt: skip
    return words


def questions(words: list[str], count: int) -> dict[str, list[dict[str, Any]]]:
    """Return questions by kind."""
    draw = random.Random(SEED + 1)
    common, middle, rare = words[:60], words[200:5000], words[5000:]
    theme = {"facets": {"theme": ("ENVI",), "year": ("2025", "2026")}}

    def swapped(word: str) -> str:
        place = len(word) // 2
        return word[: place - 1] + word[place] + word[place - 1] + word[place + 1 :]

    kinds: dict[str, Callable[[], dict[str, Any]]] = {
        "one common word": lambda: {"text": draw.choice(common)},
        "one word": lambda: {"text": draw.choice(middle)},
        "two words": lambda: {"text": f"{draw.choice(common)} {draw.choice(middle)}"},
        "compound": lambda: {"text": draw.choice(rare)},
        "beginning of a word": lambda: {"text": draw.choice(middle)[:5]},
        "typing error": lambda: {"text": swapped(draw.choice([word for word in middle if len(word) > 8]))},
        "phrase": lambda: {"text": f'"{draw.choice(common)} {draw.choice(common)}"'},
        "word and facets": lambda: {"text": draw.choice(common), **theme},
        "word and box": lambda: {"text": draw.choice(common), "bbox": (12.0, 51.0, 13.0, 52.0)},
        "facets without text": lambda: {**theme, "sort": "newest"},
        "nothing chosen": dict,
    }
    return {kind: [make() for _ in range(count)] for kind, make in kinds.items()}


def percentile(times: Sequence[float], share: float) -> float:
    """Return a percentile in ms."""
    return round(sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000, 1)


def bare(words: Sequence[str]) -> float:
    """Return the p95 in ms of looking words up in the full text, all hits read."""
    from django.db import connection

    times = []
    with connection.cursor() as cursor:
        for word in words:
            begun = time.perf_counter()
            if connection.vendor == "sqlite":
                cursor.execute("SELECT rowid FROM search_text WHERE search_text MATCH %s", [f'"{word}"'])
            else:
                cursor.execute("SELECT id FROM search_entry WHERE all_words @@ %s::tsquery", [f"'{word}'"])
            cursor.fetchall()
            times.append(time.perf_counter() - begun)
    return percentile(times, 0.95)


def measure(count: int, asked: int) -> list[dict[str, Any]]:
    """Return all figures."""
    from django.db import connection

    from stadtkern.search import changes
    from stadtkern.search.models import Entry, Word
    from stadtkern.search.queries import SearchQuery
    from stadtkern.search.services import search, suggest
    from stadtkern.search.words import fold

    words = fill(count)
    begun = time.perf_counter()
    changes.repair()
    figures = [{"figure": f"index of {Entry.objects.count()} documents built", "unit": "s",
                "value": round(time.perf_counter() - begun, 1), "words": Word.objects.count()}]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    search(SearchQuery())  # learns the sets of facets once, as each process does
    every: list[float] = []
    for kind, queries in questions(words, asked).items():
        times, totals = [], []
        for query in queries:
            begun = time.perf_counter()
            totals.append(search(SearchQuery(kinds=("datasets",), **query)).total)
            times.append(time.perf_counter() - begun)
        every += times
        figures.append({"figure": f"search: {kind}", "unit": "ms p95", "value": percentile(times, 0.95),
                        "median": percentile(times, 0.5), "hits": sum(totals) // len(totals)})  # fmt: skip
    figures.append({"figure": "search: all together", "unit": "ms p95", "value": percentile(every, 0.95),
                    "median": percentile(every, 0.5), "wanted": 100})  # fmt: skip
    limit = bare([fold(word) for word in words[:60]])
    figures.append(
        {"figure": "limit: one common word looked up, nothing else", "unit": "ms p95", "value": limit}
    )
    times = []
    for word in words[200 : 200 + asked]:
        begun = time.perf_counter()
        suggest(word[:4])
        times.append(time.perf_counter() - begun)
    figures.append({"figure": "suggestions", "unit": "ms p95", "value": percentile(times, 0.95)})
    return [{"bench": "search", "database": connection.vendor, **figure} for figure in figures]


def main() -> None:
    """Set up a database of its own and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=200, help="of each kind")
    parser.add_argument("--out", type=Path, help="where the figures are kept, too")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory(prefix="stadtkern-bench-") as folder:
        os.environ |= {"STADTKERN_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "stadtkern.config.settings",
                       "STADTKERN_LOG_LEVEL": "WARNING"}  # fmt: skip
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        figures = measure(arguments.datasets, arguments.questions)
    lines = [json.dumps(figure, ensure_ascii=False) for figure in figures]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
