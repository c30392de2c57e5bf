"""How much the town measures."""

from stadtkern.dashboards.fixtures import Show, Store
from stadtkern.governance.models import DataProfile
from stadtkern.tiles.register_count.tile import context, sentence


def test_counts_only_what_is_public(store: Store) -> None:
    store([1])
    store([2], thing="b")
    store([3], thing="b", prop="discharge", unit="m3/s")
    assert context({})["series"] == 3
    assert context({})["things"] == 2
    DataProfile.objects.update(is_published=False)
    assert context({})["series"] == 0


def test_sentence_counts_in_words() -> None:
    assert sentence(1, 1) == (
        "The town shows 1 series of measurements from 1 place. The register says why each of them is kept."
    )


def test_number_is_the_big_one(store: Store, show: Show) -> None:
    store([1])
    assert '<span class="sk-tile__number"><span class="sk-number">1</span></span>' in show("register_count")


def test_empty_town_says_so(show: Show) -> None:
    assert "The town publishes no measurements yet." in show("register_count")
