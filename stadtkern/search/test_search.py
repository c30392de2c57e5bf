"""What is found, in which order, with which counts, on either database."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.search import changes, indexing, subjects
from stadtkern.search.models import Change, Entry, FacetSet, Trigram, Word
from stadtkern.search.queries import Results, SearchQuery
from stadtkern.search.services import search, suggest
from stadtkern.search.subjects import Document, Subject

pytestmark = pytest.mark.django_db

DOCUMENTS = [
    Document(key="dam", title={"de": "Schutz vor Hochwasser"}, text={"de": "Wie die Stadt sich schützt."},
             facets={"theme": ("ENVI",), "year": ("2024", "2025")}, bbox=(14.6, 51.9, 14.7, 52.0)),
    Document(key="plan", title={"de": "Hochwasserschutzmaßnahmen"}, text={"de": "Deiche und Mauern an der Neiße."},
             facets={"theme": ("ENVI", "REGI"), "year": ("2025",)}, bbox=(14.6, 51.9, 14.7, 52.0)),
    Document(key="flood", title={"pl": "Ochrona przed powodzią", "en": "Flood protection"},
             text={"pl": "Miasto Gubin chroni się przed powodzią."}, facets={"theme": ("ENVI",)}),
    Document(key="trees", title={"de": "Baumkataster"}, keywords={"de": "Bäume, Straßenbäume"},
             text={"de": "Alle Bäume an Straßen der Stadt."}, facets={"theme": ("ENVI",), "year": ("2023",)},
             bbox=(13.0, 51.0, 13.1, 51.1), changed=datetime(2023, 1, 1, tzinfo=UTC)),
    Document(key="schools", title={"de": "Grundschulen"}, text={"de": "Bei Hochwasser geschlossen."},
             hidden={"": "schulname traeger plaetze", "de": "Europaschule"},
             facets={"theme": ("EDUC",), "format": ("CSV",)}, changed=datetime(2026, 1, 1, tzinfo=UTC)),
    Document(key="old", title={"de": "Baumkataster"}, text={"de": "Stand vor der Zählung."},
             facets={"theme": ("ENVI",), "year": ("2003",)}, changed=datetime(2003, 1, 1, tzinfo=UTC)),
    Document(key="quoted", title={"de": "Bericht <b>&</b>"}, text={"de": "<script>alert('Mühle')</script> Ende."}),
]  # fmt: skip


class Shelf:
    """A subject whose documents stand in a dictionary."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.there = {document.key: replace(document, route=("search",)) for document in documents}
        self.hidden: set[str] = set()
        self.subject = Subject(slug="shelf", title="Shelf", documents=self.documents, visible=self.visible)

    def documents(self, keys: Collection[str] | None) -> Iterator[Document]:
        """Return documents."""
        return (one for key, one in self.there.items() if keys is None or key in keys)

    def visible(self, keys: Collection[str]) -> Collection[str]:
        """Return what is there and not hidden."""
        return [key for key in keys if key in self.there and key not in self.hidden]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Return the only subject, indexed."""
    found = Shelf(DOCUMENTS)
    monkeypatch.setattr(subjects, "_subjects", {"shelf": found.subject})
    changes.repair()
    return found


def keys(text: str = "", **more: object) -> list[str]:
    """Return the keys that are found, best first."""
    return [hit.key for hit in ask(text, **more).hits]


def ask(text: str = "", **more: object) -> Results:
    """Return the results for a text."""
    return search(SearchQuery(text=text, **more))  # type: ignore[arg-type]  # as the test says


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hochwasserschutz", {"dam", "plan"}),
        ("Schutz vor Hochwasser", {"dam", "plan"}),
        ("hochwasser schutz", {"dam", "plan"}),
        ("Hochwasserschutzmaßnahme", {"plan"}),
        ("schutzmassnahmen", {"plan"}),
        ("maßnahmen", {"plan"}),
        ("neisse", {"plan"}),
        ("NEIẞE", {"plan"}),
        ("ochrona powodz", {"flood"}),
        ("powodzi", {"flood"}),
        ("protecting floods", {"flood"}),
        ("baum", {"trees", "old"}),
        ("baume", {"trees", "old"}),
        ("Baeume", {"trees", "old"}),
        ("strasse", {"trees"}),
        ("grundschule", {"schools"}),
        ("schulen", {"schools"}),
        ("schulname", {"schools"}),
        ("europa", {"schools"}),
        ('"der Stadt"', {"trees"}),
        ('"Stadt der"', set()),
        ('"Schutz vor" hochwasser', {"dam"}),
        ("baumk", {"trees", "old"}),
        ("baumk kataster", {"trees", "old"}),
        ("nothinglikethis", set()),
        ("baum schule", set()),
    ],
)
def test_words_are_found_in_any_form(shelf: Shelf, text: str, wanted: set[str]) -> None:
    assert set(keys(text)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted", "corrected"),
    [
        ("Hochwaserschutz", {"plan", "dam"}, "hochwasserschutzmaßnahmen"),
        ("Grundschluen", {"schools"}, "grundschulen"),
        ("baumkatsater", {"trees", "old"}, "baumkataster"),
        ("Miatso gubin", {"flood"}, "miasto gubin"),
    ],
)
def test_typing_errors_are_seen_through(shelf: Shelf, text: str, wanted: set[str], corrected: str) -> None:
    if text == "Hochwaserschutz":
        shelf.there["word"] = Document(key="word", title={"de": "Hochwasserschutz"}, route=("search",))
        changes.repair()
        wanted, corrected = {"word", "plan", "dam"}, "hochwasserschutz"
    results = ask(text)
    assert {hit.key for hit in results.hits} == wanted
    assert results.corrected == corrected


def test_a_rare_word_gets_a_common_one_suggested(shelf: Shelf) -> None:
    for number in range(12):
        shelf.there[f"n{number}"] = Document(key=f"n{number}", title={"de": "Wasserstand"}, route=("search",))
    shelf.there["wrong"] = Document(key="wrong", title={"de": "Waserstand"}, route=("search",))
    changes.repair()
    results = ask("waserstand")
    assert [hit.key for hit in results.hits] == ["wrong"]
    assert results.suggestion == "wasserstand"


def test_title_before_keywords_before_text_and_new_before_old(shelf: Shelf) -> None:
    assert keys("hochwasser") == ["dam", "plan", "schools"]
    assert keys("baumkataster") == ["trees", "old"]
    shelf.there["text"] = Document(
        key="text", title={"de": "Anderes"}, text={"de": "Ein Baum."}, route=("search",)
    )
    shelf.there["word"] = Document(
        key="word", title={"de": "Neues"}, keywords={"de": "Baum"}, route=("search",)
    )
    changes.repair()
    assert keys("bäume") == ["trees", "old", "word", "text"] or keys("bäume")[-2:] == ["word", "text"]


def test_what_is_used_more_comes_first(shelf: Shelf) -> None:
    for key, use in (("a", 0), ("b", 5000)):
        shelf.there[key] = Document(key=key, title={"de": "Radwege"}, use=use, route=("search",))
    changes.repair()
    assert keys("radwege") == ["b", "a"]


def counts(results: Results, name: str) -> dict[str, int]:
    """Return the counts of a facet."""
    return {
        value.code: value.count for facet in results.facets if facet.name == name for value in facet.values
    }


def test_facets_count_under_all_other_choices(shelf: Shelf) -> None:
    everything = ask()
    assert everything.total == len(DOCUMENTS)
    assert counts(everything, "theme") == {"ENVI": 5, "EDUC": 1, "REGI": 1}
    chosen = ask(facets={"theme": ("ENVI",), "year": ("2025", "2003")})
    assert {hit.key for hit in chosen.hits} == {"dam", "plan", "old"}
    assert chosen.total == 3
    assert counts(chosen, "theme") == {"ENVI": 3, "REGI": 1}
    assert counts(chosen, "year") == {"2025": 2, "2024": 1, "2023": 1, "2003": 1}
    assert counts(ask("hochwasser"), "theme") == {"ENVI": 2, "EDUC": 1, "REGI": 1}
    assert ask(facets={"theme": ("NONE",)}).total == 0
    assert ask(kinds=("other",)).total == 0


def test_a_choice_is_one_click_away_from_none(shelf: Shelf) -> None:
    (value,) = (v for f in ask(facets={"theme": ("REGI",)}).facets for v in f.values if v.code == "REGI")
    assert value.is_chosen
    assert value.query == ""
    (value,) = (v for f in ask("schutz").facets for v in f.values if v.code == "REGI")
    assert value.query == "q=schutz&theme=REGI"


def test_only_what_lies_in_the_box(shelf: Shelf) -> None:
    assert set(keys(bbox=(14.65, 51.95, 15.0, 53.0))) == {"dam", "plan"}
    assert keys("hochwasser", bbox=(12.0, 50.0, 13.5, 52.0)) == []
    assert set(keys(bbox=(12.0, 50.0, 13.5, 52.0))) == {"trees"}


def test_pages_together_are_the_whole_in_any_order(shelf: Shelf) -> None:
    for sort in ("relevance", "newest", "title"):
        every = keys(sort=sort)
        pieces = [key for page in range(1, 9) for key in keys(sort=sort, page=page, size=1)]
        assert pieces == every
        assert len(every) == len(DOCUMENTS)
    assert keys(sort="newest")[0] == "schools"
    assert keys(sort="title")[:2] == ["trees", "old"]


def test_marks_are_the_only_markup(shelf: Shelf) -> None:
    (hit,) = ask("mühle").hits
    assert hit.marked_title == "Bericht &lt;b&gt;&amp;&lt;/b&gt;"
    assert hit.snippet == "&lt;script&gt;alert(&#x27;<mark>Mühle</mark>&#x27;)&lt;/script&gt; Ende."
    (hit,) = ask("schutzmassnahmen").hits
    assert hit.marked_title == "<mark>Hochwasserschutzmaßnahmen</mark>"


def test_what_is_hidden_since_is_not_shown_and_then_not_counted(shelf: Shelf) -> None:
    shelf.hidden.add("schools")
    assert keys("grundschule") == []
    del shelf.there["schools"]
    changes.note("shelf", ["schools"])
    assert changes.process() == 1
    results = ask("grundschule")
    assert (results.total, results.corrected, results.suggestion) == (0, "", "")
    assert not Word.objects.filter(word__in=["grundschulen", "schulname", "europaschule"])
    assert list(suggest("schulna")) == []


def test_words_are_counted_right_however_often_things_change(shelf: Shelf) -> None:
    def table() -> list[tuple[object, ...]]:
        return sorted(Word.objects.values_list("word", "documents", "parts", "is_german"))

    before, grams = table(), Trigram.objects.count()
    original = dict(shelf.there)
    shelf.there["dam"] = replace(original["dam"], title={"de": "Ganz anderes Wehr"}, text={})
    del shelf.there["trees"]
    changes.note("shelf", ["dam", "trees", "dam"])
    changes.process()
    assert keys("hochwasserschutz") == ["plan"]
    assert table() != before
    shelf.there |= original
    changes.note("shelf", ["dam", "trees"])
    changes.process()
    assert table() == before
    assert Trigram.objects.count() == grams
    indexing.remove("shelf", set(shelf.there))
    assert not Word.objects.exists()
    assert not Trigram.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM search_entry"
            if connection.vendor == "postgresql"
            else "SELECT count(*) FROM search_text"
        )
        assert cursor.fetchone() == (0,)


def test_what_nobody_noted_is_found_by_the_repair(shelf: Shelf) -> None:
    shelf.there["new"] = Document(key="new", title={"de": "Parkhaus"}, route=("search",))
    del shelf.there["old"]
    assert keys("parkhaus") == []
    assert changes.repair() == {"shelf": 2}
    assert keys("parkhaus") == ["new"]
    assert changes.repair() == {"shelf": 0}
    assert not FacetSet.objects.filter(entries=None).exists()


def test_a_new_word_takes_older_compounds_apart(shelf: Shelf) -> None:
    shelf.there["long"] = Document(key="long", title={"de": "Knirpsenwiesel"}, route=("search",))
    changes.repair()
    assert keys("knirps wiesel") == []
    for word in ("Knirps", "Wiesel"):
        shelf.there[word] = Document(key=word, title={"de": word}, route=("search",))
    changes.repair()
    assert keys("knirps wiesel") == ["long"]
    assert set(keys("wiesel")) == {"long", "Wiesel"}


def test_a_subject_that_fails_keeps_its_changes_and_holds_up_nobody(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_keys: Collection[str] | None) -> Iterator[Document]:
        raise KeyError("field")

    broken = Subject(slug="a-broken", title="Broken", documents=fail, visible=lambda _keys: ())
    monkeypatch.setattr(subjects, "_subjects", {"a-broken": broken, "shelf": shelf.subject})
    shelf.there["new"] = Document(key="new", title={"de": "Parkhaus"}, route=("search",))
    changes.note("a-broken", ["1"])
    changes.note("shelf", ["new"])
    assert changes.process() == 1
    assert keys("parkhaus") == ["new"]
    assert list(Change.objects.values_list("subject", "key")) == [("a-broken", "1")]
    assert "a-broken" in caplog.text


def test_odd_documents_are_taken(shelf: Shelf) -> None:
    long = " ".join(f"wort{number}" for number in range(30_000))
    shelf.there["odd"] = Document(
        key="odd", title={"de": "a\0b " + "x" * 500}, text={"de": long, "": "ok"}, route=("search",)
    )
    shelf.there["none"] = Document(key="none", title={}, route=("no-such-page",))
    changes.repair()
    assert keys("wort17") == ["odd"]
    assert keys("wort16999") == ["odd"]
    assert Entry.objects.filter(key="none").exists()
    assert "none" not in keys(size=100)


def test_queries_are_few_and_do_not_grow(shelf: Shelf) -> None:
    ask("schutz")
    with CaptureQueriesContext(connection) as few:
        ask("schutz")
    for number in range(60):
        shelf.there[f"s{number}"] = Document(
            key=f"s{number}", title={"de": f"Schutz {number}"}, route=("search",)
        )
    changes.repair()
    ask("schutz")
    with CaptureQueriesContext(connection) as many:
        ask("schutz")
    assert len(many) == 6
    assert len(few) == 6 + 3  # of so few hits it is asked whether another word was meant


def test_suggestions_begin_with_what_was_typed(shelf: Shelf) -> None:
    assert suggest("hochw")[0] in {"Schutz vor Hochwasser", "Hochwasserschutzmaßnahmen"}
    assert "hochwasser" in suggest("hochw")
    assert "alle straßen" in suggest("alle strass")
    assert list(suggest("")) == list(suggest("h")) == list(suggest("%%%")) == []


@given(st.text(max_size=60) | st.text(alphabet="\"*():-^+&|!<> abcdefghäß\\'{}", max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_no_text_breaks_the_database(shelf: Shelf, text: str) -> None:
    clean = text.encode("utf-8", "ignore").decode().replace("\0", " ")
    results = ask(clean)
    assert results.total >= len(results.hits)
    suggest(clean)
