"""What tests of datasets begin with; import the fixtures you use into a test file."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from stadtkern.catalogue.models import Dataset, Distribution, Version
from stadtkern.catalogue.services import approval, work
from stadtkern.catalogue.services.datasets import new_dataset
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation, User

TREES = (
    "Nr;Art;Höhe [m];Gepflanzt;Preis;AGS\n"
    "1;Winterlinde;12,5;03.10.1990;1.234,50;12071160\n"
    "2;Stieleiche;18,25;17.04.1962;980,00;12071160\n"
    "3;Feldahorn;7,0;01.11.2015;310,75;02000000\n"
).encode("cp1252")
MORE_TREES = TREES + "4;Roßkastanie;15,0;11.03.1977;640,00;12071160\n".encode("cp1252")


def make_profile(slug: str = "trees", owner: str = "greenery", **facts: Any) -> DataProfile:  # noqa: ANN401
    """Return a published profile of an organisation."""
    organisation, _is_new = Organisation.objects.get_or_create(slug=owner, defaults={"name": {"de": owner}})
    defaults = {
        "title": {"de": "Bäume"},
        "purpose": {"de": "Pflege"},
        "legal_basis": {"de": "Satzung"},
        "licence": "dl-de/by-2-0",
        "owner": organisation,
        "is_published": True,
    }
    return DataProfile.objects.get_or_create(slug=slug, defaults={**defaults, **facts})[0]


def make_dataset(by: User, *, title: str = "Straßenbäume", profile: DataProfile | None = None) -> Dataset:
    """Return a dataset with a description that nobody has approved yet."""
    dataset = new_dataset(title, profile or make_profile(), by=by)
    dataset.description = {"de": "Alle Bäume an Straßen der Stadt."}
    dataset.save()
    return dataset


def make_table(by: User, dataset: Dataset | None = None) -> Distribution:
    """Return a distribution without a version."""
    return approval.add_distribution(dataset or make_dataset(by), by=by, slug="baeume", title={"de": "Bäume"})


def bring(distribution: Distribution, data: bytes = TREES, name: str = "bäume.csv", **more: Any) -> Version:  # noqa: ANN401
    """Return a version that is wholly read."""
    return work.bring_in(distribution, BytesIO(data), name, **more)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings) -> None:
    """Keep files of tests apart."""
    settings.DATA_DIR = tmp_path


Bring = Callable[..., Version]
