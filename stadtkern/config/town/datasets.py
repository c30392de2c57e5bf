"""Publish the datasets of a town folder: `datasets.toml` and the files in `datasets/`."""

import hashlib
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


def load_datasets(folder: Path) -> int:
    """Publish what the folder lists; return how much that is. A file that is known already is left as it is.

    Raises
    ------
    BadInput
        if an entry is wrong or its file cannot be read; the message names file and entry.
    """
    return each(folder, "datasets.toml", "dataset", lambda entry: save_dataset(folder, entry))


def save_dataset(folder: Path, entry: Entry) -> None:
    """Create a dataset and publish it with its table; one that is there keeps what an editor has changed."""
    texts = {name: entry.get(name, {}) for name in ("title", "summary", "description")}
    codes: Entry = {
        name: entry[name] for name in ("frequency", "availability", "level", "themes") if name in entry
    }
    facts: Entry = {
        **texts,
        **codes,
        "live": False,
        "profile": DataProfile.objects.get(slug=entry["profile"]),
        "publisher": agent_of(Organisation.objects.get(slug=entry["publisher"])),
    }
    dataset, is_new = Dataset.objects.get_or_create(slug=entry["slug"], defaults=facts)
    if is_new:
        approval.set_keywords(dataset, list(entry.get("keywords", [])))
    if is_new and "offer" in entry:
        offer = entry["offer"]
        terms = {"terms": offer["terms"], "longest": timedelta(days=offer.get("days", 365))}
        Offer.objects.create(dataset=dataset, **terms)
    if "file" in entry:
        save_table(dataset, folder / "datasets" / entry["file"])
    if is_new:
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
    version = work.bring_in(table, path, path.name)
    if dataset.live:
        versions.make_current(version, by=None)
    else:
        versions.propose(version, by=None)
