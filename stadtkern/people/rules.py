"""Who may do what with people; the predicates that all apps build their rules from."""

import rules
from django.contrib.auth.models import AnonymousUser

from stadtkern.people import roles
from stadtkern.people.models import User

Someone = User | AnonymousUser | None


def has_role(user: Someone, *names: str) -> bool:
    """Return whether `user` has one of the roles; an administrator has all, an inactive account none."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or bool(user.roles & {*names, roles.ADMIN})


@rules.predicate
def is_signed_in(user: Someone) -> bool:
    """Have a living account."""
    return isinstance(user, User) and user.is_active


@rules.predicate
def is_maker(user: Someone) -> bool:
    """Collect ideas for others."""
    return has_role(user, roles.MAKER)


@rules.predicate
def is_editor(user: Someone) -> bool:
    """Write pages, set up sources and tiles."""
    return has_role(user, roles.EDITOR)


@rules.predicate
def is_moderator(user: Someone) -> bool:
    """Answer what people say."""
    return has_role(user, roles.MODERATOR)


@rules.predicate
def is_analyst(user: Someone) -> bool:
    """Evaluate data, run simulations."""
    return has_role(user, roles.ANALYST)


@rules.predicate
def is_steering(user: Someone) -> bool:
    """Steer strategy and measures."""
    return has_role(user, roles.STEERING)


@rules.predicate
def is_admin(user: Someone) -> bool:
    """Run the installation."""
    return has_role(user)


@rules.predicate
def is_back_office(user: Someone) -> bool:
    """Work in the back office."""
    return has_role(user, *roles.BACK_OFFICE)


@rules.predicate
def is_oneself(user: Someone, person: User | None) -> bool:
    """Be the person in question."""
    return isinstance(user, User) and person is not None and user.pk == person.pk


rules.add_perm("people.view_organisation", is_back_office)
rules.add_perm("people.add_organisation", is_admin)
rules.add_perm("people.change_organisation", is_admin)
rules.add_perm("people.delete_organisation", is_admin)
rules.add_perm("people.view_membership", is_back_office)
rules.add_perm("people.add_membership", is_admin)
rules.add_perm("people.change_membership", is_admin)
rules.add_perm("people.delete_membership", is_admin)
rules.add_perm("people.view_audit_trail", is_editor)
rules.add_perm("people.manage_keys", is_admin)
rules.add_perm("people.export_person", is_oneself | is_admin)
rules.add_perm("people.erase_person", is_oneself | is_admin)
