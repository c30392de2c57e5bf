"""How fast the whole catalogue is streamed, beside the bare cost of its rows and of its bytes.

    python bench/catalogue.py [--datasets 10000]

Makes a database of its own (SQLite, or `STADTKERN_DATABASE_URL`) with datasets of three distributions each, and
asks the view as a harvester does. Limit in the same run: reading the same rows without making statements of them.
"""

# ruff: noqa: PLC0415  # Django is set up on a database of its own first

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

GOAL = 10.0
"""Seconds for 10,000 datasets (the issue's figure)."""
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def say(figure: str, value: float, unit: str, limit: float | None = None) -> None:
    """Print one figure as a JSON line, with the machine's limit and the ratio to it."""
    ratio = round(value / limit, 2) if limit else None
    line = {"bench": "catalogue", "figure": figure, "value": round(value, 3), "unit": unit}
    print(json.dumps({**line, "limit": round(limit, 3) if limit else None, "ratio": ratio}))


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fill(count: int) -> None:
    """Make the datasets."""
    from stadtkern.catalogue.models import Dataset, Distribution, Keyword
    from stadtkern.catalogue.rdf import fixtures

    common = {
        "publisher": fixtures.agent(),
        "profile": fixtures.profile(),
        "area": fixtures.area(),
        "live": True,
    }
    datasets = [
        Dataset(
            slug=f"dataset-{number}", title={"de": f"Datensatz Nummer {number}", "pl": f"Zbiór danych {number}"},
            description={"de": f"Was in Nummer {number} steht, wie es gemessen wurde und wozu es nicht taugt. " * 3},
            themes=["ENVI", "TRAN"], frequency="ANNUAL", availability="AVAILABLE", contact_email="a@example.org",
            temporal_start=DAY, temporal_end=DAY + timedelta(days=number), issued=DAY, modified=DAY, **common,
        )
        for number in range(count)
    ]  # fmt: skip
    Dataset.objects.bulk_create(datasets, batch_size=500)
    words = [Keyword.objects.create(word=f"Wort {n}", slug=f"wort-{n}", language="de") for n in range(50)]
    through = Dataset.keywords.through
    through.objects.bulk_create(
        (
            through(dataset=one, keyword=words[(n + k) % 50])
            for n, one in enumerate(datasets)
            for k in range(4)
        ),
        batch_size=500,
    )
    Distribution.objects.bulk_create(
        (
            Distribution(
                dataset=one, slug=code.lower(), title={"de": f"Als {code}"}, format=code, position=position, byte_size=1000, checksum="ab" * 32,
                access_url=f"https://example.org/{one.slug}", download_url=f"https://example.org/{one.slug}.{code.lower()}", modified=DAY,
            )
            for one in datasets
            for position, code in enumerate(("CSV", "GEOJSON", "PDF"))
        ),
        batch_size=500,
    )  # fmt: skip


def bare() -> int:
    """Read the rows of the same tables and do nothing with them."""
    from django.db import connection

    total = 0
    for table in ("dataset", "distribution", "dataset_keywords"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM catalogue_{table}")  # noqa: S608  # the three names above
            total += len(cursor.fetchall())
    return total


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=10_000)
    count = parser.parse_args().datasets
    folder = tempfile.TemporaryDirectory(prefix="stadtkern-bench-")
    os.environ["STADTKERN_DATA_DIR"] = folder.name
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client

    call_command("migrate", verbosity=0)
    say("fill", seconds(lambda: fill(count)), "s")
    limit = seconds(bare)
    client = Client()
    for ending in ("ttl", "rdf", "jsonld"):
        sizes: list[int] = []

        def whole(ending: str = ending, sizes: list[int] = sizes) -> None:
            sizes.extend(len(piece) for piece in client.get(f"/catalog.{ending}?full=1"))

        before = time.process_time()
        took = seconds(whole)
        say(f"full_{ending}", took, "s", limit)
        say(f"full_{ending}_processor", time.process_time() - before, "s")
        say(f"full_{ending}_size", sum(sizes) / 1e6, "MB")
        say(f"full_{ending}_of_goal", took / (GOAL * count / 10_000), "of 1")
    say("page_ttl", seconds(lambda: client.get("/catalog.ttl?page=2").content) * 1000, "ms")
    say(
        "ckan_search",
        seconds(lambda: client.get("/api/3/action/package_search?q=Nummer&rows=20").content) * 1000,
        "ms",
    )
    say("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB")
    folder.cleanup()


if __name__ == "__main__":
    main()
