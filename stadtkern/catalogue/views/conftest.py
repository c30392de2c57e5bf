"""Datasets to look at: trees of a town with places, and one that is closed."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword, Version
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation
from stadtkern.tables import Hints, ingest, survey

KINDS = ("Linde", "Eiche", "Ahorn", "Birke")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _tree(number: int) -> str:
    """Return the line of a tree as a German spreadsheet writes it."""
    height, day = f"{4 + number % 20},{number % 10}", f"{1 + number % 28:02}.{1 + number % 12:02}"
    felled, note = ("nein", "ja")[number % 7 == 0], ("=1+1" if number == FORMULA else f"Straße {number}")
    place = f"14,{7000 + number * 3};51,{9400 + number * 2}"
    kind, planted = KINDS[number * number % 4], f"{day}.{1990 + number % 30}"
    return f"B{number:03};{kind};{height};{planted};{felled};{note};{place}"


FORMULA = 3
HEAD = "Nr;Baumart;Höhe (m);Pflanzdatum;gefällt;Bemerkung;Längengrad;Breitengrad"
TREES = "\n".join([HEAD, *(_tree(number) for number in range(120))])


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, settings: Settings) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def town(db: None) -> Organisation:
    """Return who owns the data."""
    return Organisation.objects.create(slug="town", name={"en": "Town", "de": "Stadt"})


@pytest.fixture
def profile(town: Organisation) -> DataProfile:
    """Return why they are held."""
    return DataProfile.objects.create(
        slug="trees",
        title={"en": "Trees", "de": "Bäume"},
        purpose={"en": "Safety of trees", "de": "Verkehrssicherheit der Bäume"},
        legal_basis={"en": "Road act", "de": "Straßengesetz"},
        owner=town,
        licence="dl-de/by-2-0",
        attribution="Stadt Musterstadt",
        is_published=True,
    )


@pytest.fixture
def agent(town: Organisation) -> Agent:
    """Return who publishes."""
    return Agent.objects.create(
        slug="parks", name={"en": "Parks office", "de": "Grünflächenamt"}, organisation=town
    )


def upload(
    distribution: Distribution, text: str, *, number: int = 1, is_current: bool = True, **facts: Any
) -> Version:
    """Read a table into a new edition."""
    Version.objects.filter(distribution=distribution, is_current=True).update(is_current=False)
    version = Version.objects.create(
        distribution=distribution,
        number=number,
        state=Version.State.READY,
        is_current=is_current,
        original_name="bäume.csv",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        byte_size=len(text.encode()),
        **facts,
    )
    version.folder.mkdir(parents=True)
    version.source_path.write_text(text, encoding="utf-8")
    found = survey(version.source_path, name="bäume.csv", hints=Hints(bbox=(14.0, 51.5, 15.0, 52.5)))
    made = ingest(version.source_path, found.plan, version.folder / "table")
    if made.table_path != version.table_path:
        made.table_path.rename(version.table_path)
    version.table_schema, version.rows = dict(made.schema), made.rows
    version.rejected_rows = made.rejected_rows
    version.save()
    return version


@pytest.fixture
def dataset(profile: DataProfile, agent: Agent) -> Dataset:
    """Return an open dataset without a table."""
    made = Dataset.objects.create(
        slug="trees",
        title={"en": "Trees of the town", "de": "Bäume der Stadt"},
        summary={"en": "Where trees stand & how tall <they> are."},
        description={"en": "Every tree the town looks after."},
        profile=profile,
        publisher=agent,
        themes=["ENVI"],
        hvd_categories=["c_ac64a52d"],
        frequency="ANNUAL",
        issued=NOON,
        modified=NOON,
        contact_email="trees@example.org",
        live=True,
    )
    made.keywords.add(Keyword.objects.create(word="Baum", slug="baum", language="de"))
    return made


@pytest.fixture
def trees(dataset: Dataset) -> Version:
    """Return the table of trees."""
    distribution = Distribution.objects.create(dataset=dataset, slug="register", format="CSV")
    return upload(distribution, TREES)


@pytest.fixture
def closed(agent: Agent, town: Organisation) -> Dataset:
    """Return a dataset that is listed, and whose rows only partners read."""
    profile = DataProfile.objects.create(
        slug="meters", title={"en": "Meters"}, purpose={"en": "p"}, legal_basis={"en": "l"}, owner=town,
        licence="other", access=DataProfile.Access.PARTNER, is_published=True,
    )  # fmt: skip
    return Dataset.objects.create(
        slug="meters", title={"en": "Water meters"}, description={"en": "d"}, profile=profile,
        publisher=agent, live=True, contact_email="water@example.org",
    )  # fmt: skip
