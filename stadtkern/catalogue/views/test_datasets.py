"""The list of datasets and the page of one."""

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.safestring import SafeString
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.catalogue import page_parts
from stadtkern.catalogue.models import Agent, Dataset, Distribution, Keyword, Version
from stadtkern.catalogue.views.conftest import NOON
from stadtkern.governance.models import DataProfile


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


@pytest.mark.django_db
def test_an_empty_town_says_so(client: Client) -> None:
    assert "has not published any data yet" in page(client, "/en/data/")


@pytest.mark.parametrize("language", ["de", "pl", "en", "dsb"])
def test_the_page_of_a_dataset_tells_who_why_and_under_which_terms(
    client: Client, dataset: Dataset, language: str
) -> None:
    text = page(client, f"/{language}/data/trees/")
    for fact in (
        "Datenlizenz Deutschland",
        "Stadt Musterstadt",
        "trees@example.org",
        "/sensors/profile/trees/",
        "@misc{trees,",
    ):
        assert fact in text
    assert "&lt;they&gt;" in text


def test_facets_narrow_the_list(client: Client, dataset: Dataset, closed: Dataset) -> None:
    Distribution.objects.create(
        dataset=dataset, slug="pdf", format="PDF", access_url="https://example.org/a.pdf"
    )
    assert "Water meters" in page(client, "/en/data/")
    for query in (
        "theme=ENVI",
        "keyword=baum",
        "hvd=yes",
        "hvd=c_ac64a52d",
        "format=PDF",
        "licence=dl-de%2Fby-2-0",
        "q=TREES+town",
    ):
        text = page(client, f"/en/data/?{query}")
        assert "Trees of the town" in text, query
        assert "Water meters" not in text, query
    for query in ("theme=TRAN", "publisher=nobody", "series=none", "keyword=%27%22", "q=%25", "format=%00"):
        assert "Trees of the town" in page(client, f"/en/data/?{query}") or "Nothing fits" in page(
            client, f"/en/data/?{query}"
        )
    assert "Nothing fits" in page(client, "/en/data/?theme=TRAN")
    assert "Nothing fits" in page(client, "/en/data/?q=nothing%20of%20that")


def test_a_closed_dataset_is_listed_and_says_how_to_ask(client: Client, closed: Dataset) -> None:
    assert "on request" in page(client, "/en/data/")
    text = page(client, "/en/data/meters/")
    assert "not open to everybody" in text
    assert "water@example.org" in text


@pytest.mark.parametrize("how", ["draft", "unpublished"])
def test_what_is_not_public_is_not_there(client: Client, dataset: Dataset, how: str) -> None:
    if how == "draft":
        Dataset.objects.update(live=False)
    else:
        DataProfile.objects.update(is_published=False)
    assert "Trees of the town" not in page(client, "/en/data/")
    page(client, "/en/data/trees/", 404)
    assert client.get("/api/v1/datasets/trees").status_code == 404


def test_what_was_taken_back_leaves_a_stone(client: Client, dataset: Dataset) -> None:
    Dataset.objects.update(withdrawn_at=timezone.now(), withdrawn_reason={"en": "Wrong <counts>"})
    text = page(client, "/en/data/trees/", 410)
    assert "Wrong &lt;counts&gt;" in text
    assert "Trees of the town" not in page(client, "/en/data/")
    answer = client.get("/api/v1/datasets/trees")
    assert (answer.status_code, answer.json()["detail"]) == (410, "Wrong <counts>")
    Dataset.objects.update(issued=None)
    page(client, "/en/data/trees/", 404)


def test_other_parts_add_blocks(client: Client, dataset: Dataset) -> None:
    page_parts.register("seen", "Use", lambda _request, found: SafeString(f"<p>Seen: {found.slug}</p>"))
    page_parts.register("nothing", "Empty part", lambda _request, _found: SafeString(" "))
    try:
        text = page(client, "/en/data/trees/")
    finally:
        page_parts.forget("seen")
        page_parts.forget("nothing")
    assert "<p>Seen: trees</p>" in text
    assert "Empty part" not in text


def test_the_number_of_queries_does_not_grow(
    client: Client, dataset: Dataset, agent: Agent, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/en/data/")
    for number in range(12):
        other = Dataset.objects.create(
            slug=f"d{number}", title={"en": f"D {number}"}, description={"en": "d"}, profile=dataset.profile,
            publisher=agent, themes=["TRAN"], live=True, modified=NOON,
        )  # fmt: skip
        other.keywords.add(Keyword.objects.create(word=f"w{number}", slug=f"w{number}"))
        Distribution.objects.create(
            dataset=other, slug="file", format="PDF", access_url="https://example.org/"
        )
    with django_assert_max_num_queries(14):
        client.get("/en/data/")
    with django_assert_max_num_queries(28):  # with the blocks of other parts
        client.get("/en/data/trees/")
    with django_assert_max_num_queries(6):
        client.get("/api/v1/datasets/?size=50")


def test_the_page_shows_rows_at_a_glance_and_files(client: Client, trees: Version) -> None:
    text = page(client, "/en/data/trees/")
    assert "120 rows" in text
    assert "Linde" in text
    assert "/api/v1/datasets/trees/tables/register/rows.geojson" in text
    assert "/en/data/trees/tables/register/" in text


def test_versions_keep_their_addresses_and_files(client: Client, trees: Version) -> None:
    from stadtkern.catalogue.views.conftest import TREES, upload  # noqa: PLC0415

    newer = upload(trees.distribution, TREES.replace("Linde", "Ulme"), number=2)
    Version.objects.filter(pk=newer.pk).update(difference={"added": 2, "changed": 1, "key": ["nr"]})
    upload(trees.distribution, TREES, number=3, is_current=False, is_proposed=False)
    Version.objects.filter(pk=newer.pk).update(is_current=True)
    assert "current one" in page(client, "/en/data/trees/versions/2/")
    assert "2 rows are new, 1 row has changed." in page(client, "/en/data/trees/tables/register/versions/2/")
    assert "older version" in page(client, "/en/data/trees/versions/1/")
    page(client, "/en/data/trees/versions/3/", 404)
    page(client, "/en/data/trees/versions/", 200)
    answer = client.get("/en/data/trees/tables/register/versions/1/file")
    assert b"".join(answer).decode() == TREES
    assert "Ulme" not in page(client, "/en/data/trees/tables/register/?_version=1")
    assert "Ulme" in page(client, "/en/data/trees/tables/register/")
