"""What `stadtkern codecs` shows."""

import time
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stadtkern.lorawan.folders import OWN, read_folder
from stadtkern.lorawan.folders.examples import Outcome, run_examples
from stadtkern.lorawan.models import DeviceProfile
from stadtkern.lorawan.own import ORIGIN
from stadtkern.lorawan.services import profiles
from stadtkern.lorawan.services.decoding import codec_pool

FAILED = 1
MOST_PROBLEMS = 50


def run_folder(folder: Path | None, *, only_failed: bool = False, console: Console | None = None) -> int:
    """Run every example of a folder and print the outcome; return the exit status."""
    out = console or Console()
    started = time.perf_counter()
    contents = read_folder(folder or OWN)
    by_codec: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in run_examples(contents.codecs.values(), codec_pool()):
        by_codec[outcome.codec].append(outcome)
    table = Table("codec", "passed", "failed", "ms", title="Codecs")
    for codec, outcomes in sorted(by_codec.items()):
        failed = sum(bool(one.difference) for one in outcomes)
        if failed or not only_failed:
            milliseconds = f"{1000 * sum(one.seconds for one in outcomes) / len(outcomes):.2f}"
            table.add_row(codec, str(len(outcomes) - failed), str(failed), milliseconds)
    if table.row_count:
        out.print(table)
    everything = [one for outcomes in by_codec.values() for one in outcomes]
    wrong = [one for one in everything if one.difference]
    for one in wrong:
        text = f"{one.codec}, {one.example.kind}, {one.example.name}: {one.difference}"
        out.print(text, style="red", markup=False, highlight=False)
    for problem in contents.problems[:MOST_PROBLEMS]:
        out.print(problem, style="yellow", markup=False, highlight=False)
    seconds = time.perf_counter() - started
    without = len(contents.codecs) - len(by_codec)
    out.print(
        f"{len(everything) - len(wrong)} passed, {len(wrong)} failed in {seconds:.1f} s; "
        f"{len(contents.codecs)} codecs ({without} without examples), {len(contents.profiles)} profiles, "
        f"{len(contents.problems)} problems",
        highlight=False,
    )
    return FAILED if wrong or contents.problems or not everything else 0


def import_folder(folder: Path | None, *, console: Console | None = None) -> int:
    """Bring a folder into the database and print what that did; return the exit status."""
    out = console or Console()
    done = profiles.import_folder(folder or OWN, origin=ORIGIN if folder is None else "")
    for problem in done.problems[:MOST_PROBLEMS]:
        out.print(problem, style="yellow", markup=False, highlight=False)
    out.print(
        f"codecs: {done.codecs_made} new, {done.codecs_changed} changed; "
        f"profiles: {done.profiles_made} new, {done.profiles_changed} changed; {len(done.problems)} problems",
        highlight=False,
    )
    for key in done.changed_codecs:
        out.print(f"changed: {key}; its devices can be decoded once more in the back office", highlight=False)
    return FAILED if done.problems and not (done.codecs_made or done.profiles_made) else 0


def list_profiles(*, console: Console | None = None) -> int:
    """Print the device profiles; return the exit status."""
    table = Table("key", "maker", "name", "codec", "devices", title="Device profiles")
    for profile in DeviceProfile.objects.select_related("codec").order_by("key"):
        codec = profile.codec.key if profile.codec else "—"
        table.add_row(profile.key, profile.vendor, profile.name, codec, str(profile.devices.count()))
    (console or Console()).print(table)
    return 0
