"""How fast 10,000 records are harvested, killed on the way, and harvested again.

    python bench/harvest.py [--records 10000] [--kills 3] [--kind ckan|dcat]

A catalogue of invented records is served on this machine; workers are processes of their own, ended by `kill -9`.
SQLite in a temporary directory, or the PostgreSQL database of STADTKERN_DATABASE_URL (an empty one).
"""

import argparse
import hashlib
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parent.parent
PAGE = 200
DJANGO = """
import os, sys, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.config.settings")
django.setup()
"""
SETUP = """
from stadtkern.catalogue.models import Agent
from stadtkern.governance.models import DataProfile
from stadtkern.harvest.models import HarvestSource
from stadtkern.people.models import Organisation
town = Organisation.objects.create(slug="town", name={"de": "Stadt"})
profile = DataProfile.objects.create(slug="other", title={"de": "Daten anderer"}, owner=town)
HarvestSource.objects.create(name="Land", kind=sys.argv[2], url=sys.argv[1], profile=profile, page_size=200,
                             publisher=Agent.objects.create(slug="town", name={"de": "Stadt"}))
"""
WORK = """
import time
from stadtkern.harvest.models import HarvestRun, HarvestSource
from stadtkern.harvest.services import work_on_due
wanted = int(sys.argv[1])
if HarvestRun.objects.count() < wanted:
    HarvestSource.objects.update(is_wanted=True)
print("ready", flush=True)
while HarvestRun.objects.filter(state="done").count() < wanted:
    work_on_due(seconds=3600)
"""
LOOK = """
import json
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.harvest.models import HarvestRun
print(json.dumps([Dataset.objects.count(), Distribution.objects.count(),
                  *HarvestRun.objects.order_by("-pk").values_list("created", "changed", "same", "gone")[0]]))
"""


def package(number: int, edition: int) -> dict[str, Any]:
    """Return an invented package of CKAN; each tenth one changes with the edition."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "name": f"package-{number}",
        "title": f"Baumkataster {number}" + (f" (Stand {edition})" if number % 10 == 0 else ""),
        "notes": "Standorte, Arten und Pflanzjahre aller Bäume an Straßen. " * 5,
        "license_id": "dl-de/by-2-0",
        "organization": {"title": f"Amt {number % 40}", "name": f"amt-{number % 40}"},
        "metadata_modified": "2026-01-02T03:04:05",
        "tags": [{"name": f"wort {number % 300}"}, {"name": "baum"}],
        "groups": [{"name": "umwelt_klima"}],
        "resources": [
            {
                "id": f"r{number}-{one}",
                "name": one,
                "format": one,
                "url": f"https://data.example/{number}.{one}",
            }
            for one in ("csv", "geojson")
        ],
    }


def turtle(number: int, edition: int) -> str:
    """Return the same in DCAT-AP."""
    one = package(number, edition)
    uri = f"https://data.example/d/{number}"
    offers = "".join(
        f'<{uri}/{r["name"]}> a dcat:Distribution; dct:title "{r["name"]}"; dcat:accessURL <{r["url"]}>; '
        f'dct:format "{r["format"]}"; dct:license <http://dcat-ap.de/def/licenses/dl-by-de/2.0> .\n'
        for r in one["resources"]
    )
    named = ", ".join(f"<{uri}/{r['name']}>" for r in one["resources"])
    return (
        f'<{uri}> a dcat:Dataset; dct:title "{one["title"]}"@de; dct:description "{one["notes"]}"@de; '
        f'dcat:keyword "baum", "wort {number % 300}"; dct:publisher <https://data.example/amt/{number % 40}>; '
        f"dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI>; "
        f"dcat:distribution {named} .\n{offers}"
        f'<https://data.example/amt/{number % 40}> foaf:name "Amt {number % 40}" .\n'
    )


class Catalogue:
    """The catalogue on this machine, with ETags."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.edition = 1
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body, kind = outer.answer(self.path)
                etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
                is_known = self.headers.get("If-None-Match") == etag
                self.send_response(304 if is_known else 200)
                self.send_header("Content-Type", kind)
                self.send_header("ETag", etag)
                if not is_known:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if not is_known:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> tuple[bytes, str]:
        """Return a page."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        start = int(query.get("start", 0))
        numbers = range(start + 1, min(start + PAGE, self.records) + 1)
        if "package_search" in path:
            found = [package(number, self.edition) for number in numbers]
            return json.dumps(
                {"success": True, "result": {"count": self.records, "results": found}}
            ).encode(), "application/json"
        head = (
            "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .\n"
            "@prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix hydra: <http://www.w3.org/ns/hydra/core#> .\n"
            f"<{self.url}/c> a dcat:Catalog . <{path}> hydra:totalItems {self.records} .\n"
        )
        if start + PAGE < self.records:
            head += f"<{path}> hydra:next <{self.url}/c?start={start + PAGE}> .\n"
        return (head + "".join(turtle(number, self.edition) for number in numbers)).encode(), "text/turtle"


def figure(name: str, value: float, unit: str) -> None:
    """Print one figure as a line of JSON."""
    sys.stdout.write(
        json.dumps({"bench": "harvest", "figure": name, "value": round(value, 2), "unit": unit}) + "\n"
    )
    sys.stdout.flush()


class Town:
    """The installation that harvests."""

    def __init__(self, folder: str, catalogue: Catalogue) -> None:
        self.environment = {
            **os.environ,
            "STADTKERN_DATA_DIR": folder,
            "STADTKERN_ALLOW_PRIVATE_HOSTS": catalogue.url[7:],
            "STADTKERN_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }

    def python(self, *words: str) -> str:
        """Run Python to its end."""
        return subprocess.run(
            [sys.executable, *words],
            env=self.environment,
            check=True,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def work(self, run: int, *, kill_after: float = 0) -> float:
        """Let a worker work until so many runs are done, or until it is killed; return its seconds."""
        worker = subprocess.Popen(
            [sys.executable, "-c", DJANGO + WORK, str(run)],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert worker.stdout is not None
        worker.stdout.readline()
        begun = time.perf_counter()
        try:
            worker.wait(kill_after or None)
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        worker.stdout.close()
        return time.perf_counter() - begun

    def look(self) -> list[int]:
        """Return datasets, distributions, and the counts of the newest run."""
        found: list[int] = json.loads(self.python("-c", DJANGO + LOOK))
        return found


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--kind", choices=("ckan", "dcat"), default="ckan")
    options = parser.parse_args()
    catalogue = Catalogue(options.records)
    with tempfile.TemporaryDirectory() as folder:
        town = Town(folder, catalogue)
        town.python("-m", "stadtkern", "migrate", "--verbosity", "0")
        town.python(
            "-c", DJANGO + SETUP, catalogue.url + ("" if options.kind == "ckan" else "/c"), options.kind
        )
        seconds = sum(town.work(1, kill_after=4) for _ in range(options.kills))
        seconds += town.work(1)
        datasets, distributions, created, *_rest = town.look()
        assert (datasets, distributions, created) == (options.records, 2 * options.records, options.records)
        figure(f"new records, {options.kind}, killed {options.kills} times", options.records / seconds, "1/s")
        seconds = town.work(2)
        assert town.look()[4] == options.records
        figure(f"unchanged catalogue, {options.kind}", options.records / seconds, "1/s")
        catalogue.edition = 2
        seconds = town.work(3)
        assert town.look()[3] == options.records // 10
        figure(f"each tenth changed, {options.kind}", options.records / seconds, "1/s")
    sys.stderr.write(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}\n")


if __name__ == "__main__":
    main()
