"""The facts of the town are read once and checked."""

from pathlib import Path

import pytest
from django.utils import translation

from stadtkern.web.colours import contrast
from stadtkern.web.town import TownError, current_town, read_town

GOOD = """
slug = "forst"
centre = [14.64, 51.73]
bbox = [14.5, 51.6, 14.8, 51.9]
[name]
de = "Forst"
dsb = "Baršć"
"""


def town_with(folder: Path, text: str) -> Path:
    """Write a `town.toml` and return its folder."""
    (folder / "town.toml").write_text(text, encoding="utf-8")
    return folder


def test_smallest_town_has_sensible_defaults(tmp_path: Path) -> None:
    town = read_town(town_with(tmp_path, GOOD))
    with translation.override("dsb"):
        assert town.name == "Baršć"
    with translation.override("pl"):
        assert town.name == "Forst"
    assert town.languages == ("de",)
    assert town.twin is None
    assert town.contact.email == ""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('slug = "forst"', "", "`slug` is missing"),
        ('slug = "forst"', "slug = 3", "`slug` must be str"),
        ('slug = "forst"', 'slug = "forst', "line 2"),
        ("[14.64, 51.73]", "[51.73, 14.64]", "`centre` lies outside"),
        ("[14.5, 51.6, 14.8, 51.9]", "[14.8, 51.6, 14.5, 51.9]", "`bbox` must be west"),
        ("[14.5, 51.6, 14.8, 51.9]", '[14.5, "x", 14.8, 51.9]', "`bbox` must be 4 numbers"),
        ("[14.5, 51.6, 14.8, 51.9]", "[nan, nan, nan, nan]", "`bbox` must be west"),
        ('dsb = "Baršć"', 'xx = "Forst"', "unknown languages: xx"),
        ('dsb = "Baršć"', "dsb = 4", "must be texts by language"),
        ("[name]", 'languages = ["fr"]\n[name]', "`languages` must be some of"),
        ("[name]", '[look]\naccent_light = "#ffee00"\n[name]', "reaches a contrast of 1."),
        ("[name]", '[look]\naccent_dark = "red"\n[name]', "is no colour"),
        ("[name]", '[look]\narms = "../secret.svg"\n[name]', "there is no file"),
        ("[name]", "[contact]\nemail = 3\n[name]", "`email` must be str"),
    ],
)
def test_wrong_entry_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(TownError, match=message):
        read_town(town_with(tmp_path, GOOD.replace(old, new)))


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TownError, match="cannot be read"):
        read_town(tmp_path / "nowhere")


def test_demo_town_is_complete() -> None:
    town = current_town()
    assert set(town.languages) == {"de", "pl", "en", "dsb"} == set(town.names)
    assert (town.folder / town.look.arms).read_text(encoding="utf-8").startswith("<svg")
    assert " style=" not in (town.folder / town.look.arms).read_text(encoding="utf-8")


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
