"""The folder of the demo town loads, loads again, and speaks four languages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from stadtkern.base.errors import BadInput
from stadtkern.catalogue.models import Dataset, Version
from stadtkern.config.paths import TOWNS
from stadtkern.config.town.datasets import load_datasets
from stadtkern.config.town.load import load_town
from stadtkern.config.town.pages import load_pages
from stadtkern.dashboards.models import CockpitPage
from stadtkern.governance.models import DataProfile
from stadtkern.ingest.models import Source
from stadtkern.places.models import Area

GUBEN = TOWNS / "guben"


@pytest.fixture
def town(
    db: None, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[list[object]]]
) -> None:
    """Load the demo town, and forget the pages of other tests."""
    cache.clear()
    load_town(GUBEN)
    with django_capture_on_commit_callbacks(execute=True):
        load_pages(GUBEN)


@pytest.mark.usefixtures("town")
def test_loading_again_changes_nothing_and_keeps_what_an_editor_changed() -> None:
    """No second copy of anything; a changed source stays changed."""
    counts = [model.objects.count() for model in (DataProfile, Source, Area, CockpitPage)]
    Source.objects.filter(slug="brightsky").update(options={"latitude": 1, "longitude": 2})
    load_town(GUBEN)
    load_pages(GUBEN)
    assert [model.objects.count() for model in (DataProfile, Source, Area, CockpitPage)] == counts
    assert Source.objects.get(slug="brightsky").options["latitude"] == 1


@pytest.mark.usefixtures("town")
def test_areas_have_a_name_in_each_language() -> None:
    """The file names them as objects; a reader of geographic files hands those over as text."""
    district = Area.objects.get(slug="spree-neisse")
    assert district.name["pl"] == "Powiat Sprewa-Nysa"
    assert not [area.slug for area in Area.objects.all() if "{" in str(area)]


WORDS = {
    "de": ("Guten Tag in Guben und Gubin", "Strompreis", "Amtliche Warnungen"),
    "pl": ("Dzień dobry w Guben i Gubinie", "Cena prądu", "Ostrzeżenia urzędowe"),
    "en": ("Good day in Guben and Gubin", "Electricity price", "Official warnings"),
    "dsb": ("Dobry źeń w Gubinje", "Płaśizna za milinu", "Nuzowe wołanje"),
}


@pytest.mark.usefixtures("town")
def test_cockpit_and_stable_pages_speak_every_language(client: Client) -> None:
    """Greeting, titles of tiles and even links are translated; the footer leads somewhere."""
    for language, words in WORDS.items():
        page = client.get(f"/{language}/").content.decode()
        assert f'lang="{language}"' in page
        assert all(word in page for word in words), language
        for slug in ("accessibility", "easy", "imprint", "privacy"):
            assert client.get(f"/{language}/{slug}/").status_code == 200, f"{language}/{slug}"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("profiles.toml", '[[profile]]\nslug = "x"', "profile 'x'"),
        ("profiles.toml", '[[profile]]\nslug = "x"\ntitle = 3', "profile 'x'"),
        ("organisations.toml", "[[organisation]", "organisations.toml"),
        (
            "organisations.toml",
            '[[organisation]]\nslug = "a"\nname = {de = "A"}\nparent = "b"',
            "organisation 'a'",
        ),
        (
            "sources.toml",
            '[[source]]\nslug = "s"\nconnector = "http_json"\ntitle = {}\nprofile = "none"',
            "source 's'",
        ),
    ],
)
@pytest.mark.django_db
def test_a_mistake_is_named_with_file_and_entry_and_writes_nothing(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    """The person who wrote the file finds the place."""
    (tmp_path / "town.toml").write_text("")
    if name != "organisations.toml":
        (tmp_path / "organisations.toml").write_text('[[organisation]]\nslug = "o"\nname = {de = "O"}')
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput, match=said):
        load_town(tmp_path)
    assert not DataProfile.objects.exists()


@pytest.mark.django_db
def test_a_folder_that_is_no_town_is_refused(tmp_path: Path) -> None:
    """The message says what is missing."""
    with pytest.raises(BadInput, match=r"town\.toml"):
        load_town(tmp_path)


@pytest.mark.usefixtures("town")
def test_tables_of_the_folder_are_published_once(settings: Settings, tmp_path: Path) -> None:
    """Their columns are typed as meant; loading again adds no version."""
    settings.DATA_DIR = tmp_path
    for _twice in range(2):
        assert load_datasets(GUBEN) == 4
    assert Dataset.objects.public().filter(origin=Dataset.Origin.EDITOR).count() == 4
    assert Version.objects.count() == 4
    schema = Version.objects.get(distribution__slug="gemeinden").table_schema
    kinds = {field["title"]: field["type"] for field in schema["fields"]}
    assert kinds["AGS"] == kinds["PLZ"] == "string"
    assert kinds["Einwohner"] == "integer"
    closed = Dataset.objects.get(slug="waermebedarf-beispiel")
    assert closed.is_public
    assert not closed.is_open
    assert closed.offer.is_on


@pytest.mark.usefixtures("town")
def test_a_missing_table_is_named(tmp_path: Path) -> None:
    """Which file, which entry."""
    entry = 'slug = "x"\nfile = "y.csv"\nprofile = "pegel"\npublisher = "stadt-guben"\ntitle = {de = "X"}\n'
    (tmp_path / "datasets.toml").write_text(f"[[dataset]]\n{entry}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"datasets\.toml.*'x'.*y\.csv is missing"):
        load_datasets(tmp_path)
