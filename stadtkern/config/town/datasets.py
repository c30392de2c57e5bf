"""Publish the datasets of a town folder: `datasets.toml` and the files in `datasets/`."""

import hashlib
import time
from datetime import timedelta
from pathlib import Path

from stadtkern.base.errors import BadInput
from stadtkern.catalogue.models import Dataset, Version
from stadtkern.catalogue.services import approval, versions, work
from stadtkern.catalogue.services.datasets import agent_of
from stadtkern.community.models import Offer
from stadtkern.config.town.load import Entry, each
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
from stadtkern.tables import Plan

PATIENCE = 120.0
"""Seconds that another worker may take for a file."""


def load_datasets(folder: Path) -> int:
    """Publish what the folder lists; return how much that is. A file that is known already is left as it is.

    Raises
    ------
    BadInput
        if an entry is wrong or its file cannot be read; the message names file and entry.
    """
    return each(folder, "datasets.toml", "dataset", lambda entry: save_dataset(folder, entry))


def save_dataset(folder: Path, entry: Entry) -> None:
    """Create or update one dataset with its table, and publish it."""
    profile = DataProfile.objects.get(slug=entry["profile"])
    facts = {name: entry.get(name, {}) for name in ("title", "summary", "description")}
    codes = {name: entry.get(name, "") for name in ("frequency", "availability", "level") if name in entry}
    dataset, _is_new = Dataset.objects.update_or_create(
        slug=entry["slug"],
        defaults={
            **facts,
            **codes,
            "profile": profile,
            "publisher": agent_of(Organisation.objects.get(slug=entry["publisher"])),
            "themes": entry.get("themes", []),
        },
        create_defaults={
            **facts,
            **codes,
            "slug": entry["slug"],
            "live": False,
            "profile": profile,
            "publisher": agent_of(Organisation.objects.get(slug=entry["publisher"])),
            "themes": entry.get("themes", []),
        },
    )
    approval.set_keywords(dataset, list(entry.get("keywords", [])))
    if "offer" in entry:
        offer = entry["offer"]
        terms = {"terms": offer["terms"], "longest": timedelta(days=offer.get("days", 365))}
        Offer.objects.update_or_create(dataset=dataset, defaults=terms)
    if "file" in entry:
        save_table(dataset, folder / "datasets" / entry["file"])
    if not dataset.live or dataset.has_unpublished_changes:
        dataset.refresh_from_db()
        approval.publish(dataset, by=None)


def save_table(dataset: Dataset, path: Path) -> None:
    """Make a file the current version of the dataset's table, unless it is that already."""
    if not path.is_file():
        raise BadInput(f"{path} is missing")
    table = dataset.distributions.filter(slug=path.stem).first() or approval.add_distribution(
        dataset, by=None, slug=path.stem, title=dataset.title
    )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if table.versions.filter(sha256=digest, state=Version.State.READY).exists():
        return
    version = finished(versions.upload(table, path, path.name, by=None))
    if version.state != Version.State.READY:
        raise BadInput(version.problem or f"{path.name} could not be read")
    if dataset.live:
        versions.make_current(version, by=None)
    else:
        versions.propose(version, by=None)


def finished(version: Version) -> Version:
    """Return a version once it is read, by the plan that was found for it; a worker may help."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        work.look_at_new()
        version.refresh_from_db()
        if version.state == Version.State.ASKING:
            versions.confirm(version, Plan.from_json(version.plan), by=None)
        work.read_small()
        version.refresh_from_db()
        if version.state in {Version.State.READY, Version.State.FAILED, Version.State.CANCELLED}:
            break
        time.sleep(0.2)
    return version
