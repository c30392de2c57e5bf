"""Every right, for every role."""

import pytest
import rules
from django.contrib.auth.models import AnonymousUser, Group
from django.core.management import call_command
from wagtail.permission_policies.pages import PagePermissionPolicy

from stadtkern.people import roles
from stadtkern.people.models import User

pytestmark = pytest.mark.django_db
NOBODY = "nobody"
BACK_OFFICE = {"editor", "moderator", "analyst", "steering", "admin"}
RIGHTS: dict[str, set[str]] = {
    "people.view_organisation": BACK_OFFICE,
    "people.add_organisation": {"admin"},
    "people.change_organisation": {"admin"},
    "people.delete_organisation": {"admin"},
    "people.view_membership": BACK_OFFICE,
    "people.add_membership": {"admin"},
    "people.change_membership": {"admin"},
    "people.delete_membership": {"admin"},
    "people.view_audit_trail": {"editor", "admin"},
    "people.manage_keys": {"admin"},
    "people.export_person": {"admin"},
    "people.erase_person": {"admin"},
    "people.add_user": {"admin"},
    "people.change_user": {"admin"},
    "people.delete_user": {"admin"},
    "governance.view_dataprofile": BACK_OFFICE,
    "governance.add_dataprofile": {"editor", "admin"},
    "governance.change_dataprofile": {"editor", "admin"},
    "governance.delete_dataprofile": {"admin"},
    "governance.view_retentionrun": BACK_OFFICE,
    "wagtailadmin.access_admin": BACK_OFFICE,
    "wagtailredirects.add_redirect": {"admin"},
    "wagtail_localize.submit_translation": {"editor", "admin"},
    "auth.change_group": set(),
    "people.change_nothing": set(),
}


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("role", [NOBODY, *roles.ROLES])
def test_right_of_role(role: str, right: str) -> None:
    user = User.objects.create_user(f"{role}@guben.example")
    if role != NOBODY:
        user.groups.add(Group.objects.get(name=role))
    assert user.has_perm(right) == (role in RIGHTS[right])


@pytest.mark.parametrize("right", RIGHTS)
def test_nobody_signed_in_and_nobody_locked_out_has_a_right(right: str) -> None:
    assert not AnonymousUser().has_perm(right)
    locked = User.objects.create_user("bob@guben.example", is_active=False)
    locked.groups.add(Group.objects.get(name="admin"))
    assert not locked.has_perm(right)


def test_the_table_names_every_right_of_ours() -> None:
    ours = {name for name in rules.permissions.permissions if name.startswith(("people.", "governance."))}
    assert ours <= set(RIGHTS)


def test_people_may_export_and_erase_themselves() -> None:
    alice, bob = (User.objects.create_user(f"{name}@guben.example") for name in ("alice", "bob"))
    for right in ("people.export_person", "people.erase_person"):
        assert alice.has_perm(right, alice)
        assert not bob.has_perm(right, alice)


def test_pages_may_be_published_by_editors_and_deleted_by_administrators() -> None:
    policy = PagePermissionPolicy()
    publish, delete = {"editor", "moderator", "admin"}, {"admin"}
    for role in roles.ROLES:
        user = User.objects.create_user(f"{role}@guben.example")
        user.groups.add(Group.objects.get(name=role))
        assert policy.user_has_permission(user, "publish") == (role in publish)
        assert policy.user_has_permission(user, "bulk_delete") == (role in delete)


def test_roles_that_a_town_changed_stay_as_they_are() -> None:
    editor = Group.objects.get(name="editor")
    editor.permissions.clear()
    Group.objects.get(name="maker").delete()
    call_command("migrate", verbosity=0)
    assert not editor.permissions.exists()
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)
