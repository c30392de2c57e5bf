"""What the back office lists."""

from django.db.models import Q, QuerySet

from stadtkern.catalogue.models import Dataset, Version, VersionQuerySet
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Membership, User


def bonds_of(user: User) -> set[int]:
    """Return the organisations to which an editor is bound; none: not bound to any."""
    if not user.pk:
        return set()
    return set(
        user.memberships.exclude(role=Membership.Role.MEMBER).values_list("organisation_id", flat=True)
    )


def profiles_for(user: User) -> QuerySet[DataProfile]:
    """Return the profiles under which a person may publish; the same as `governance.rules.looks_after`."""
    found = DataProfile.objects.order_by("slug")
    bonds = bonds_of(user)
    if user.is_superuser or not bonds:
        return found
    return found.filter(Q(owner__in=bonds) | Q(owner__parent__in=bonds))


def datasets_of(user: User) -> QuerySet[Dataset]:
    """Return the datasets that a person looks after."""
    return Dataset.objects.filter(profile__in=profiles_for(user))


def versions_of(user: User) -> VersionQuerySet:
    """Return the versions of tables that a person looks after, the newest first."""
    found = Version.objects.select_related("distribution__dataset__profile", "created_by").order_by("-pk")
    return found.filter(distribution__dataset__in=datasets_of(user))


def open_tasks(user: User) -> VersionQuerySet:
    """Return the uploads that wait for this person: columns to confirm, files that could not be read."""
    newer = versions_of(user).open_tasks()
    return newer.filter(emptied_at=None)
