"""The back office of rules, alerts, ways of telling and tasks: works without scripts, says what is wrong."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.people.models import User
from stadtkern.warnings.conftest import NOON, Clock, Send, above, rule, stream
from stadtkern.warnings.models import Alert, Channel, Delivery, Rule, Ticket
from stadtkern.warnings.services import Watcher

pytestmark = pytest.mark.django_db
LISTS = ("alerts", "rules", "channels", "tickets")


@pytest.fixture
def office(client: Client, alice: User) -> Client:
    """Give the browser of Alice."""
    client.force_login(alice)
    client.cookies["django_language"] = "en"
    return client


def filled(*conditions: Mapping[str, object], **more: object) -> dict[str, object]:
    """Return what the form of a rule sends."""
    data: dict[str, object] = {
        "slug": "high-water",
        "title_en": "High water",
        "title_0": "",
        "severity": "2",
        "combine": "all",
        "is_active": "on",
        "condition-TOTAL_FORMS": str(len(conditions)),
        "condition-INITIAL_FORMS": "0",
        **{f"title_{code}": "High water" for code in ("de", "en")},
    }
    for number, one in enumerate(conditions):
        data |= {f"condition-{number}-{name}": value for name, value in one.items()}
    return data | more


LEVEL = {"kind": "above", "series": "lfu:guben:water_level", "value": "6", "unit": "m", "margin": "0.2"}


def test_rule_is_made_by_its_form(office: Client, send: Send) -> None:
    send(500)
    answer = office.post(
        "/admin/rules/new/",
        filled(LEVEL, months=["11", "12"], action="save", duration_number="30", duration_unit="60"),
    )
    made = Rule.objects.get()
    assert answer.status_code == 302
    (condition,) = made.conditions.all()
    assert (condition.datastream, condition.value, condition.unit, condition.margin) == (
        stream(),
        6,
        "m",
        0.2,
    )
    assert made.months == [11, 12]
    assert made.duration == timedelta(minutes=30)
    page = office.get(f"/admin/rules/{made.pk}/").content.decode()
    assert 'value="lfu:guben:water_level"' in page
    again = office.post(f"/admin/rules/{made.pk}/", filled(LEVEL | {"value": "7"}, action="save"))
    assert again.status_code == 302
    assert made.conditions.get().value == 7


def test_words_find_a_series(office: Client, send: Send) -> None:
    send(500)
    send(500, thing="gubin")
    several = office.post("/admin/rules/new/", filled(LEVEL | {"series": "water"}, action="save"))
    assert several.status_code == 422
    assert "lfu:guben:water_level; lfu:gubin:water_level" in several.content.decode()
    office.post("/admin/rules/new/", filled(LEVEL | {"series": "gubin water"}, action="save"))
    assert Rule.objects.get().conditions.get().datastream == stream("gubin")


def test_test_against_history_stores_nothing(office: Client, at: Clock, send: Send) -> None:
    send(*([500, 650, 500] * 7), step=timedelta(hours=6))
    page = office.post("/admin/rules/new/", filled(LEVEL, action="test")).content.decode()
    assert "It would have been raised 7 times in the last year." in page
    assert "<svg" in page
    assert not Rule.objects.exists()


def test_one_more_condition_keeps_what_was_typed(office: Client, send: Send) -> None:
    send(500)
    page = office.post("/admin/rules/new/", filled(LEVEL | {"value": "6.5"}, action="more")).content.decode()
    assert 'name="condition-1-series"' in page
    assert 'value="6.5"' in page
    assert "A value is needed" not in page


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (LEVEL | {"value": ""}, "A value is needed here."),
        (LEVEL | {"unit": "Cel"}, "“Cel” and the unit of the series, “cm”, measure different things."),
        (LEVEL | {"unit": "furlong"}, "There is no unit “furlong”"),
        (LEVEL | {"kind": "rise"}, "A span of time is needed here."),
        (LEVEL | {"kind": "silence", "value": ""}, "A span of time is needed here."),
        (LEVEL | {"series": "nothing like it"}, "Nothing is called “nothing like it”."),
        (LEVEL | {"value": "x"}, "Enter a number."),
        (LEVEL | {"kind": "explode"}, "Select a valid choice."),
        (LEVEL | {"series": "\0'; DROP TABLE"}, "Null characters are not allowed."),
    ],
)
def test_mistakes_are_told_at_the_field(
    office: Client, send: Send, condition: dict[str, object], words: str
) -> None:
    send(500)
    answer = office.post("/admin/rules/new/", filled(condition, action="save"))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Rule.objects.exists()


@pytest.mark.parametrize(
    "more",
    [
        {"valid_from": "2026-02-01T00:00", "valid_to": "2026-01-01T00:00"},
        {"time_from": "08:00"},
        {"condition-TOTAL_FORMS": "0"},
        {"condition-TOTAL_FORMS": "999999"},
        {"condition-TOTAL_FORMS": "x"},
        {"months": ["13"]},
        {"slug": "no slug!"},
    ],
)
def test_nonsense_is_refused(office: Client, send: Send, more: dict[str, object]) -> None:
    send(500)
    answer = office.post("/admin/rules/new/", filled(LEVEL, **{"action": "save", **more}))
    assert answer.status_code == 422
    assert not Rule.objects.exists()


def test_who_may_what(client: Client, alice: User, mia: User, charlie: User, send: Send) -> None:
    send(500)
    found = rule(above(600))
    client.force_login(charlie)
    for name in LISTS:
        assert client.get(f"/admin/{name}/").status_code in {302, 403}
    client.force_login(mia)
    for name in LISTS:
        assert client.get(f"/admin/{name}/").status_code == 200
    assert client.get(f"/admin/rules/{found.pk}/").status_code in {302, 403}
    assert client.post(f"/admin/rules/{found.pk}/delete/").status_code in {302, 403}
    assert Rule.objects.exists()
    client.force_login(alice)
    client.post(f"/admin/rules/{found.pk}/delete/")
    assert not Rule.objects.exists()


def test_alert_is_acknowledged_with_a_note(
    office: Client, alice: User, at: Clock, send: Send, watcher: Watcher
) -> None:
    send(500, 650)
    rule(above(600))
    watcher.tick()
    alert = Alert.objects.get()
    page = office.get(f"/admin/alerts/{alert.pk}/").content.decode()
    assert "Nobody was told." in page
    assert "<svg" in page
    office.post(f"/admin/alerts/{alert.pk}/", {"note": "On my way"})
    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.note) == (alice, NOON, "On my way")
    assert "acknowledged" in office.get("/admin/alerts/").content.decode()
    history = alert.pk and office.get(f"/admin/alerts/{alert.pk}/").content.decode()
    assert "On my way" in str(history)


def test_way_of_telling_needs_what_its_kind_needs(office: Client, alice: User) -> None:
    base = {
        "name": "Duty",
        "language": "de",
        "least_severity": "1",
        "loud_severity": "3",
        "most_per_hour": "20",
        "is_active": "on",
    }
    for kind, words in (
        ("mail", "Choose a person"),
        ("webhook", "A web address is needed"),
        ("mqtt", "A topic without"),
    ):
        answer = office.post("/admin/channels/new/", base | {"kind": kind, "action": "save"})
        assert words in answer.content.decode()
    office.post(
        "/admin/channels/new/", base | {"kind": "webhook", "url": "example.org/hook", "action": "save"}
    )
    made = Channel.objects.get()
    assert made.url == "https://example.org/hook"
    assert made.key_salt
    assert "Stadtkern-Signature" in office.get(f"/admin/channels/{made.pk}/").content.decode()


def test_task_is_closed_by_a_button(office: Client, alice: User, at: Clock) -> None:
    ticket = Ticket.objects.create(title="Look at the gauge", owner=alice, due=at.now, created=at.now)
    assert "Look at the gauge" in office.get("/admin/tickets/").content.decode()
    office.post(f"/admin/tickets/{ticket.pk}/done/")
    ticket.refresh_from_db()
    assert ticket.done_at is not None


def test_lists_cost_as_many_queries_for_one_as_for_many(  # noqa: PLR0913, PLR0917  # each by its name
    office: Client,
    at: Clock,
    send: Send,
    watcher: Watcher,
    alice: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    way = Channel.objects.create(name="mail", kind="mail", user=alice)
    for number in range(12):
        send(500, 650, thing=f"gauge-{number}")
        rule(above(600, datastream=stream(f"gauge-{number}")), slug=f"rule-{number}", channels=[way])
        Ticket.objects.create(title="Look", owner=alice, due=at.now, created=at.now)
    watcher.tick()
    assert Delivery.objects.count() == 12
    for name in LISTS:
        office.get(f"/admin/{name}/")
        with django_assert_max_num_queries(25):
            office.get(f"/admin/{name}/")
