"""Findings, points and checked addresses."""

from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from stadtkern.base.clock import now
from stadtkern.catalogue import advice
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality import links, parts, shacl, telling
from stadtkern.catalogue.quality.findings import findings
from stadtkern.catalogue.quality.models import Link
from stadtkern.catalogue.quality.score import METRICS, MOST, score
from stadtkern.catalogue.rdf import catalogue, fixtures

pytestmark = pytest.mark.django_db


def codes(one: Dataset, *distributions: Distribution, severity: str = "") -> set[str]:
    found = findings(one, distributions or None)
    return {finding.code for finding in found if not severity or finding.severity == severity}


def test_the_points_are_those_of_mqa() -> None:
    assert sum(metric.points for metric in METRICS) == MOST
    by_dimension = {
        name: sum(m.points for m in METRICS if m.dimension == name) for name in {m.dimension for m in METRICS}
    }
    assert by_dimension == {
        "findability": 100,
        "accessibility": 100,
        "interoperability": 110,
        "reusability": 75,
        "contextuality": 20,
    }


def test_a_dataset_that_lacks_nothing_has_all_points() -> None:
    one = fixtures.full()
    assert findings(one) == []
    assert (score(one).points, score(one).next_step) == (MOST, None)
    assert str(score(one).rating)


def test_an_empty_form_is_told_everything_and_breaks_nothing() -> None:
    """Nothing is stored yet, and no field was filled in."""
    one = Dataset(level="")
    assert {"title", "description", "publisher", "profile"} <= codes(one, severity="error")
    assert {"keyword", "theme", "spatial", "temporal", "level", "distribution", "contact"} <= codes(one)
    assert codes(one, Distribution(dataset=one, slug="x")) >= {"licence", "format"}
    assert score(one).points == 0


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"title": {}}, "title"),
        ({"title": {"de": "  "}}, "title"),
        ({"description": {}}, "description"),
        ({"themes": []}, "theme"),
        ({"contact_email": ""}, "contact"),
        ({"area": None}, "spatial"),
        ({"temporal_start": None, "temporal_end": None}, "temporal"),
        ({"level": ""}, "level"),
        ({"frequency": ""}, "frequency"),
        ({"availability": ""}, "availability"),
        ({"title": {"de": "x" * 200}}, "long-title"),
        ({"modified": now() + timedelta(days=400)}, "future"),
    ],
)
def test_what_is_missing_is_found(facts: dict[str, object], code: str) -> None:
    one = fixtures.full()
    for name, value in facts.items():
        setattr(one, name, value)
    assert code in codes(one)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"format": "PDF"}, "machine-readable"),
        ({"format": ""}, "format"),
        ({"licence": "look it up"}, "licence-list"),
        ({"licence": "other"}, "hvd-licence"),
        ({"access_url": "example.org/x"}, "address"),
    ],
)
def test_what_is_wrong_with_a_file_is_found(facts: dict[str, object], code: str) -> None:
    one = fixtures.full()
    fixtures.distribution(one, "other", **facts)
    before = score(Dataset.objects.get(pk=one.pk))
    assert code in codes(one)
    assert before.points < MOST


def test_high_value_data_must_be_open_and_have_an_interface() -> None:
    one = fixtures.dataset(
        hvd_categories=["c_dd313021"], profile=fixtures.profile("closed", access="internal", licence="other")
    )
    fixtures.distribution(one)
    assert {"hvd-service", "hvd-closed", "hvd-licence"} <= codes(one, severity="error")
    fixtures.table(one)
    assert "hvd-service" not in codes(one)


@pytest.mark.parametrize("make", [fixtures.full, fixtures.dataset])
def test_rules_and_shapes_agree_on_what_is_recommended(make: Callable[[], Dataset]) -> None:
    """What SHACL warns of in the document is told in the form, too."""
    one = make()
    text = "".join(
        catalogue.write(catalogue.FORMS["ttl"], catalogue.whole(), "http://testserver/catalog.ttl")
    )
    paths = {
        "keyword": "keyword",
        "theme": "theme",
        "spatial": "spatial",
        "temporal": "temporal",
        "availability": "availability",
        "distribution": "distribution",
    }
    warned = {
        paths[path]
        for found in shacl.check(text)
        if (path := found.path.rpartition("#")[2].rpartition("/")[2]) in paths
    }
    assert warned == codes(one) & set(paths.values())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("a dcat:Dataset", "A dataset needs a title."),
        ("a dcat:Distribution", "A distribution needs one licence."),
        ("a dcat:DataService", "A service needs an address."),
        ("a dcat:Dataset; dcat:theme <http://example.org/theme>", "A theme has to be one of the EU's table."),
        ('a dcat:Dataset; dcatap:availability "yes"', "The availability has to be one of the EU's table."),
        (
            "a dcat:Dataset; dcatap:hvdCategory <http://data.europa.eu/bna/c_dd313021>",
            "High-value data name the regulation, which is described.",
        ),
        (
            "a <http://www.w3.org/2006/vcard/ns#Kind>",
            "A contact needs a mail address, a page or a telephone.",
        ),
        ('a dcat:Dataset; dct:modified "gestern"', "The last change is a day or time, given once."),
        (
            'a dcat:Dataset; dcatde:legalBasis "x"',
            "legalBasis was given up; dcatap:applicableLegislation says it.",
        ),
    ],
)
def test_shapes_find_what_is_wrong(said: str, message: str) -> None:
    from stadtkern.catalogue.rdf import turtle  # noqa: PLC0415

    found = shacl.check(f"{turtle.head()}<http://example.org/x> {said} .")
    assert message in {one.message for one in found}


def test_a_document_that_cannot_be_read_is_told_so() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        shacl.check("<a> <b> .")


def test_editors_are_told_with_the_points_each_fix_brings() -> None:
    one = fixtures.full()
    one.themes = []
    told = telling.advise(one, list(one.distributions.all()))
    assert (told.points, told.most) == (375, 405)
    assert [(found.field, found.points) for found in told.findings] == [("themes", 30)]
    assert advice.advise(one, list(one.distributions.all())).parts


def test_the_page_shows_points_forms_and_words_for_search_engines(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    one = fixtures.full()
    one.title = {"de": "</script><b>"}
    one.save()
    one = Dataset.objects.get(pk=one.pk)
    request = RequestFactory().get("/de/data/trees/")
    with django_assert_num_queries(7):
        shown = [part(request, one) for part in (parts.quality, parts.formats, parts.head)]
    assert "405" in shown[0]
    assert "/data/trees.ttl" in shown[1]
    assert '"@type": "Dataset"' in shown[2]
    assert shown[2].count("</script>") == 1
    assert parts.head(request, fixtures.dataset("draft", live=False)) == ""
    assert client.get("/de/data/trees/").status_code == 200


class Answers(BaseHTTPRequestHandler):
    """Answers `/good` and nothing else."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/good" else 404)
        self.end_headers()
        self.wfile.write(b"x" * 100)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def test_addresses_are_asked_and_what_does_not_answer_costs_points(monkeypatch: pytest.MonkeyPatch) -> None:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    root = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("STADTKERN_ALLOW_PRIVATE_HOSTS", "127.0.0.1")
    try:
        one = fixtures.full()
        one.distributions.filter(slug="file").update(access_url=f"{root}/good", download_url=f"{root}/gone")
        assert links.check_due(now()) == 2
        assert links.check_due(now()) == 0
    finally:
        server.shutdown()
        server.server_close()
    assert dict(Link.objects.values_list("url", "status")) == {f"{root}/good": 200, f"{root}/gone": 404}
    dead = links.broken_of(one)
    assert dead == {f"{root}/gone"}
    assert score(one, broken=dead).points == MOST - 15
    assert "link" in {finding.code for finding in findings(one, broken=dead)}
    one.distributions.all().delete()
    assert links.forget(now()) == 2


def test_own_addresses_are_not_asked(settings: object) -> None:
    one = fixtures.dataset()
    fixtures.distribution(one, access_url=f"{settings.PUBLIC_URL}/de/x", download_url="ftp://example.org/x")  # type: ignore[attr-defined]
    assert links.note_new() == 0
