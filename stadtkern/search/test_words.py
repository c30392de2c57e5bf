"""Words in one spelling, their stems, their parts."""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stadtkern.search import vocabulary
from stadtkern.search.compounds import Splitter, pieces
from stadtkern.search.words import LONGEST, STEMMERS, every_stem, fold, is_common, stems, words_of

PLAIN = set(string.ascii_lowercase + string.digits)
LETTERS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüßłąęśźżćńó", min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("de", ["Haus", "Häuser", "Häusern", "Hauses"]),
        ("de", ["Messung", "Messungen"]),
        ("de", ["Hochwasser", "Hochwassers"]),
        ("de", ["Straße", "Straßen", "Strassen"]),
        ("de", ["Schule", "Schulen"]),
        ("pl", ["ochrona", "ochrony", "ochroną", "ochronie", "ochrone"]),
        ("pl", ["szkoła", "szkoły", "szkole", "szkola"]),
        ("pl", ["dane", "danych"]),
        ("pl", ["powodzi", "powodzią", "powodz"]),
        ("en", ["measurements", "measured", "measuring"]),
        ("en", ["flood", "floods", "flooding"]),
        ("dsb", ["Chóśebuz", "chosebuz"]),
    ],
)
def test_forms_of_a_word_share_a_stem(language: str, forms: list[str]) -> None:
    found = [set(stems(form.lower(), language)) for form in forms]
    assert set.intersection(*found), found


@given(st.text(max_size=80))
@example("ẞ½ﬁ İ\u0301 \u017f ª")
def test_any_text_becomes_plain_words(text: str) -> None:
    for folded, written in words_of(text):
        assert folded
        assert set(folded) <= PLAIN
        assert len(folded) <= LONGEST
        assert fold(folded) == folded or len(folded) == LONGEST
        for stem in (*every_stem(written), *stems(written, "dsb")):
            assert stem
            assert set(stem) <= PLAIN


@given(LETTERS, st.sampled_from(sorted(STEMMERS)))
def test_a_stem_begins_like_its_word(word: str, language: str) -> None:
    folded = fold(word)
    for stem in stems(word, language):
        assert len(stem) <= len(folded) + 1
        assert stem[:2] == folded[:2] or len(folded) < 4


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("Hochwasserschutz", ("hochwasser", "schutz")),
        ("Straßenbeleuchtung", ("strasse", "beleuchtung")),
        ("Bürgermeisterwahlen", ("burgermeister", "wahl")),
        ("Einwohnerzahlen", ("einwohner", "zahl")),
        ("Ladesäulen", ("lade", "saule")),
        ("Datenschutz", ("daten", "schutz")),
        ("Messung", ()),
        ("Verwaltung", ()),
        ("Temperatur", ()),
        ("Haus", ()),
    ],
)
def test_compounds_are_taken_apart(word: str, parts: tuple[str, ...]) -> None:
    assert Splitter(set()).split(fold(word.lower())) == parts


def test_words_of_the_index_are_parts_too() -> None:
    assert Splitter(set()).split("neissepegel") == ()
    assert Splitter({"neisse"}).split("neissepegel") == ("neisse", "pegel")


@given(
    st.lists(
        st.sampled_from(["hochwasser", "schutz", "schule", "strasse", "daten", "plan", "zahl"]),
        min_size=2,
        max_size=4,
    )
)
def test_what_is_put_together_comes_apart(parts: list[str]) -> None:
    word = "".join(parts)
    found = Splitter(set()).split(word)
    assert 2 <= len(found) <= len(parts)
    assert set(found) <= set(Splitter(set()).known)


@given(LETTERS, st.lists(LETTERS.map(fold), max_size=20, unique=True))
def test_parts_do_not_depend_on_the_order_of_the_index(word: str, vocabulary: list[str]) -> None:
    folded = fold(word)
    first, second = Splitter(vocabulary), Splitter(sorted(vocabulary, reverse=True))
    assert first.split(folded) == second.split(folded)
    assert folded not in first.every(folded)


@given(LETTERS)
def test_pieces_hold_every_part(word: str) -> None:
    folded = fold(word)
    assert set(Splitter(pieces(folded) - {folded}).split(folded)) <= pieces(folded) | Splitter(set()).known


def test_the_longest_word_is_split_in_no_time() -> None:
    assert Splitter({"aaaa", "aaaaa"}).split("a" * LONGEST)


@pytest.mark.parametrize("word", ["der", "und", "na", "w", "the", "für", "vor"])
def test_common_words_are_known(word: str) -> None:
    assert is_common(fold(word))


def test_trigrams_begin_with_the_beginning() -> None:
    assert vocabulary.trigrams("tor") == ["  t", " to", "or ", "tor"]
