"""What editors and administrators find in the back office."""

import pytest
from auditlog.context import set_actor
from auditlog.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from stadtkern.people.audit import forgotten_after
from stadtkern.people.models import Organisation, User
from stadtkern.people.services import add_person
from stadtkern.people.trail import events

pytestmark = pytest.mark.django_db
PASSWORD = "Neisse-Bruecke-1908"
TRAIL = "/admin/reports/audit-trail/"


def somebody(client: Client, role: str) -> User:
    """Sign somebody with this role in."""
    user = add_person(
        f"{role}@guben.example", password=PASSWORD, roles=[role], first_name=role.title(), language="en"
    )
    client.force_login(user)
    return user


def test_a_change_in_the_browser_is_in_the_trail_with_old_and_new(client: Client) -> None:
    admin = somebody(client, "admin")
    town = Organisation.objects.create(slug="town", name={"de": "Stadt"})
    form = {"slug": "town", "name_de": "Stadt Guben", "name_pl": "Miasto Guben", "homepage": "", "email": ""}
    answer = client.post(f"/admin/organisation/edit/{town.pk}/", form)
    assert answer.status_code == 302, answer.context["form"].errors
    entry = LogEntry.objects.filter(action=LogEntry.Action.UPDATE).get(actor=admin)
    (event,) = events([entry])
    (change,) = event.changes
    assert (change.old, change.new) == ("de: Stadt", "de: Stadt Guben · pl: Miasto Guben")
    assert entry.remote_addr is None
    page = client.get(TRAIL).content.decode()
    assert "pl: Miasto Guben" in page
    assert "Admin" in page


def test_a_given_role_is_in_the_trail() -> None:
    admin, bob = (User.objects.create_user(f"{name}@guben.example") for name in ("admin", "bob"))
    with forgotten_after(), set_actor(admin):
        bob.groups.add(Group.objects.get(name="editor"))
    (event,) = events(LogEntry.objects.filter(actor=admin))
    assert [(change.old, change.new) for change in event.changes] == [("", "editor")]


def test_a_password_is_never_in_the_trail() -> None:
    bob = User.objects.create_user("bob@guben.example", PASSWORD)
    bob.set_password("another")
    bob.first_name = "Bob"
    bob.save()
    text = str(list(LogEntry.objects.values_list("changes", flat=True)))
    assert "scrypt" not in text
    assert "Bob" not in text


def test_the_trail_names_what_a_field_points_to() -> None:
    parent = Organisation.objects.create(slug="town", name={"de": "Stadt"})
    Organisation.objects.create(slug="water", parent=parent)
    (event,) = events(LogEntry.objects.filter(object_repr="water"))
    assert "Stadt" in {change.new for change in event.changes}


@pytest.mark.parametrize(
    ("role", "status"), [("editor", 200), ("admin", 200), ("moderator", 302), ("analyst", 302)]
)
def test_who_reads_the_trail(client: Client, role: str, status: int) -> None:
    somebody(client, role)
    assert client.get(TRAIL).status_code == status


@pytest.mark.parametrize(
    "query", ["?object_repr=wat", "?action=0", "?since=2026-01-01&until=2999-01-01", "?since=x", "?p=99"]
)
def test_the_trail_is_filtered_and_paged(client: Client, query: str) -> None:
    somebody(client, "editor")
    for number in range(60):
        Organisation.objects.create(slug=f"water-{number}")
    assert client.get(TRAIL + query).status_code == 200
    assert len(client.get(TRAIL).context["object_list"]) == 50


def test_queries_of_the_trail_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    somebody(client, "editor")
    parent = Organisation.objects.create(slug="town")
    client.get(TRAIL)
    for number in range(40):
        Organisation.objects.create(slug=f"water-{number}", parent=parent)
    with django_assert_max_num_queries(25):
        client.get(TRAIL)


@pytest.mark.parametrize(
    ("role", "status"),
    [("admin", 200), ("editor", 200), ("moderator", 200), ("analyst", 302), ("citizen", 302)],
)
def test_who_reads_reported_barriers(client: Client, role: str, status: int) -> None:
    somebody(client, role)
    assert client.get("/admin/snippets/web/barrierreport/").status_code == status


def test_an_administrator_by_group_reads_reported_barriers(client: Client) -> None:
    user = somebody(client, "citizen")
    user.groups.add(Group.objects.get(name="admin"))
    assert client.get("/admin/snippets/web/barrierreport/").status_code == 200


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("editor", 302), ("citizen", 302)])
def test_who_makes_organisations(client: Client, role: str, status: int) -> None:
    somebody(client, role)
    assert client.get("/admin/organisation/new/").status_code == status


def test_an_administrator_makes_accounts_in_the_browser(client: Client) -> None:
    somebody(client, "admin")
    form = {
        "email": "bob@guben.example",
        "first_name": "Bob",
        "last_name": "B",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    answer = client.post("/admin/users/new/", form)
    assert answer.status_code == 302
    assert User.objects.get(email="bob@guben.example").username.startswith("person-")
