"""Sources of datasets of a town folder: `harvest.toml`."""

from datetime import timedelta
from typing import Any

from stadtkern.catalogue.services.datasets import agent_of

from stadtkern.governance.models import DataProfile
from stadtkern.harvest.models import HarvestSource
from stadtkern.people.models import Organisation

Entry = dict[str, Any]


def save_harvest_source(entry: Entry) -> None:
    """Create or update one source of datasets; the worker begins with it by itself."""
    HarvestSource.objects.update_or_create(
        name=entry["name"],
        defaults={
            "kind": entry["kind"],
            "url": entry["url"],
            "filter": entry.get("filter", ""),
            "every": timedelta(hours=entry.get("every_hours", 24)),
            "publishes_directly": entry.get("publishes_directly", False),
            "profile": DataProfile.objects.get(slug=entry["profile"]),
            "publisher": agent_of(Organisation.objects.get(slug=entry["publisher"])),
            "licences": dict(entry.get("licences", {})),
        },
    )
