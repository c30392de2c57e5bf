"""The roles of Stadtkern: Django groups, and what Wagtail lets them do.

Rights on our own tables are rules (`rules.py` of each app); what Wagtail asks for is granted here.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.utils.translation import gettext_lazy as _

CITIZEN, MAKER, EDITOR, MODERATOR = "citizen", "maker", "editor", "moderator"
ANALYST, STEERING, ADMIN = "analyst", "steering", "admin"
ROLES = {
    CITIZEN: _("Citizen"),
    MAKER: _("Maker (collects ideas for others)"),
    EDITOR: _("Editor (pages, tiles, data)"),
    MODERATOR: _("Moderator (one inbox for every channel)"),
    ANALYST: _("Analyst (evaluates data, runs simulations)"),
    STEERING: _("Steering (strategy and measures)"),
    ADMIN: _("Administrator"),
}
BACK_OFFICE = (EDITOR, MODERATOR, ANALYST, STEERING, ADMIN)
"""Roles that may open the back office."""

WAGTAIL_GROUPS = ("Editors", "Moderators")
"""Wagtail's own groups; ours stand in their place."""
APPS = (
    "wagtailadmin",
    "wagtailcore",
    "wagtailimages",
    "wagtaildocs",
    "wagtailredirects",
    "wagtail_localize",
    "auth",
    "people",
    "web",
)
PAGES = {
    EDITOR: ("add_page", "change_page", "publish_page"),
    MODERATOR: ("change_page", "publish_page", "lock_page"),
    ADMIN: ("add_page", "change_page", "publish_page", "bulk_delete_page", "lock_page", "unlock_page"),
}
FILES = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")
FILES_OF = {EDITOR: FILES, MODERATOR: FILES, ADMIN: (*FILES, "delete_image", "delete_document")}
BARRIERS = ("view_barrierreport", "change_barrierreport")
TABLES = {
    EDITOR: ("submit_translation", *BARRIERS),
    MODERATOR: BARRIERS,
    ADMIN: (
        "submit_translation",
        *BARRIERS,
        "delete_barrierreport",
        *(
            f"{verb}_{noun}"
            for verb in ("add", "change", "delete")
            for noun in ("user", "redirect", "collection")
        ),
    ),
}


def create_roles() -> None:
    """Make the roles that are missing; what a town changed on an existing role stays as it is."""
    missing = [role for role in ROLES if not Group.objects.filter(name=role).exists()]
    if not missing:
        return
    for label in APPS:
        create_permissions(apps.get_app_config(label), verbosity=0)
    for role in missing:
        _grant(Group.objects.create(name=role))
    Group.objects.filter(name__in=WAGTAIL_GROUPS, user=None).delete()


def _grant(group: Group) -> None:
    """Give a new role its rights in Wagtail."""
    from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page  # noqa: PLC0415

    if group.name in BACK_OFFICE:
        group.permissions.add(*_permissions("wagtailadmin", ("access_admin",)))
    names = TABLES.get(group.name, ())
    group.permissions.add(*Permission.objects.filter(codename__in=names))
    root = Page.objects.filter(depth=1).first()
    for permission in _permissions("wagtailcore", PAGES.get(group.name, ())) if root else ():
        GroupPagePermission.objects.create(group=group, page=root, permission=permission)
    collection = Collection.objects.filter(depth=1).first()
    for label in ("wagtailimages", "wagtaildocs") if collection else ():
        for permission in _permissions(label, FILES_OF.get(group.name, ())):
            GroupCollectionPermission.objects.create(
                group=group, collection=collection, permission=permission
            )


def _permissions(label: str, codenames: tuple[str, ...]) -> list[Permission]:
    return list(Permission.objects.filter(content_type__app_label=label, codename__in=codenames))


def create_roles_after_migrate(**_kwargs: Any) -> None:  # noqa: ANN401
    """Make the roles when all tables are there."""
    create_roles()
