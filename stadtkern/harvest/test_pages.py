"""The pages of the back office."""

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from stadtkern.catalogue.models import Dataset
from stadtkern.harvest.conftest import Catalogue, ckan, harvest, package
from stadtkern.harvest.models import HarvestSource
from stadtkern.people.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture
def office(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def typed(source: HarvestSource, **more: str) -> dict[str, str]:
    return {
        "name": source.name,
        "kind": source.kind,
        "url": source.url,
        "filter": "",
        "every_number": "1",
        "every_unit": "86400",
        "is_on": "on",
        "profile": str(source.profile_id),
        "publisher": str(source.publisher_id),
        "language": "de",
        "licence": "",
        "licences": "Hausrecht = dl-de/by-2-0",
        "guard_share": "20",
        "page_size": "100",
        "most_records": "1000",
        **more,
    }


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_says_how_sources_are_doing(
    office: Client, catalogue: Catalogue, source: HarvestSource, english: None
) -> None:
    assert "not harvested yet" in page(office, "harvest") or "noch nicht" in page(office, "harvest")
    harvest(source)
    text = page(office, "harvest")
    assert "404" in text


def test_the_list_needs_as_many_queries_for_many_sources(
    office: Client,
    catalogue: Catalogue,
    source: HarvestSource,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        source.pk, source.name = None, f"Source {number}"
        source.save(force_insert=True)
    page(office, "harvest")
    with django_assert_max_num_queries(14):
        page(office, "harvest")


def test_a_source_is_made_in_the_browser(office: Client, catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan([package(1), package(2, private=True)])
    values = typed(source, name="Other")
    answer = office.post(reverse("harvest-new"), {**values, "action": "test"})
    assert answer.status_code == 200, answer.context["form"].errors
    assert "Baumkataster 1" in answer.content.decode()
    assert HarvestSource.objects.count() == 1
    answer = office.post(reverse("harvest-new"), {**values, "action": "save"})
    assert answer.status_code == 302
    made = HarvestSource.objects.get(name="Other")
    assert made.licences == {"Hausrecht": "dl-de/by-2-0"}
    run = harvest(made)
    assert "Baumkataster 1" in page(office, "harvest-run", made.pk, run.pk)
    assert "Baumkataster 1" in page(office, "harvest-records", made.pk, state="current", q="kataster")
    assert "Baumkataster 1" not in page(office, "harvest-records", made.pk, state="refused")
    assert page(office, "harvest-source", made.pk)
    assert page(office, "harvest-edit", made.pk)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "ftp//"),
        ("url", "https://data.guben.example/catalog.ttl"),
        ("guard_share", "101"),
        ("every_number", "0"),
        ("licences", "Hausrecht = nonsense"),
        ("licences", "nonsense"),
        ("page_size", "0"),
    ],
)
def test_bad_settings_are_told_at_the_field(
    office: Client, source: HarvestSource, name: str, value: str
) -> None:
    answer = office.post(reverse("harvest-edit", args=[source.pk]), typed(source, **{name: value}))
    assert answer.status_code == 422
    assert "error" in answer.content.decode()


def test_differences_are_shown(office: Client, catalogue: Catalogue, source: HarvestSource) -> None:
    catalogue.answer = ckan([package(1)])
    harvest(source)
    catalogue.answer = ckan([package(1, title="Straßenbäume <b>")])
    run = harvest(source)
    text = page(office, "harvest-run", source.pk, run.pk, outcome="changed")
    assert "<del>Baumkataster 1</del>" in text
    assert "<ins>Straßenbäume &lt;b&gt;</ins>" in text


def test_buttons(office: Client, catalogue: Catalogue, source: HarvestSource, alice: User) -> None:
    def press(verb: str) -> int:
        return office.post(reverse("harvest-action", args=[source.pk, verb])).status_code

    assert press("run") == 302
    source.refresh_from_db()
    assert source.is_wanted
    catalogue.answer = ckan([package(1)])
    harvest(source)
    assert press("publish") == 403, "an editor does not approve"
    alice.is_superuser = True
    alice.save()
    assert press("publish") == 302
    assert Dataset.objects.get().live
    assert press("nonsense") == 404
    assert press("cancel") == 302
    assert press("delete") == 302
    assert Dataset.objects.get().withdrawn_at


def test_charlie_sees_nothing(client: Client, charlie: User, source: HarvestSource) -> None:
    client.force_login(charlie)
    for name, args in (("harvest", []), ("harvest-source", [source.pk]), ("harvest-edit", [source.pk])):
        assert client.get(reverse(name, args=args)).status_code in {302, 403}
    assert client.post(reverse("harvest-action", args=[source.pk, "run"])).status_code in {302, 403}
    source.refresh_from_db()
    assert not source.is_wanted


def test_a_failure_raises_an_alert_and_its_end_ends_it(catalogue: Catalogue, source: HarvestSource) -> None:
    harvest(source)
    alerts = apps.get_model("warnings", "Alert")  # of an app above
    alert = alerts.objects.get(kind="harvest")
    assert alert.ended is None
    catalogue.answer = ckan([package(1)])
    harvest(source)
    alert.refresh_from_db()
    assert alert.ended is not None
    assert mail.outbox == []
