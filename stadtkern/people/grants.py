"""What somebody brings along: roles, organisations, and how far a key or a token reaches.

Sessions, API keys and tokens of an OpenID Connect provider all become a `Grant`; the apps above turn it into
what may be read and written.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stadtkern.people import roles
from stadtkern.people.models import Membership, Organisation, User
from stadtkern.people.rules import Someone

READ, WRITE, MANAGE, PERSONAL = "sta:read", "sta:write", "sta:manage", "sta:personal"
SCOPES = {
    READ: _("read values"),
    WRITE: _("send values"),
    MANAGE: _("create, change and delete things and series"),
    PERSONAL: _("read single values of personal data"),
}
WRITING_ROLES = frozenset({roles.EDITOR, roles.ADMIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who asks and with which rights, before anything is known about the data."""

    principal: str
    """For logs and the audit trail: a handle, `key:<prefix>`, `token:<subject>` or `anonymous`; no name."""
    roles: frozenset[str] = frozenset()
    organisations: frozenset[int] = frozenset()
    """Those that the person or the key belongs to, with the ones above them."""
    is_writer: bool = False
    """Whether the holder may write at all."""
    bonds: frozenset[int] = frozenset()
    """Organisations whose data a writer is bound to."""
    is_bound: bool = True
    """Whether a writer writes only the data of `bonds`."""
    scopes: frozenset[str] = frozenset(SCOPES)
    profiles: frozenset[str] | None = None
    """Short names of the data profiles the grant is limited to; None: no limit."""
    streams: frozenset[int] | None = None
    """Datastreams the grant is limited to, beside those of `profiles`; None: no limit."""
    names_data: bool = False
    """Whether the limits themselves give the right: an administrator chose them for an organisation."""

    @property
    def is_limited(self) -> bool:
        """Whether it reaches only some streams or profiles beside what everybody may read."""
        return self.profiles is not None or self.streams is not None


ANONYMOUS = Grant(principal="anonymous", scopes=frozenset({READ}))


def grant_of(user: Someone) -> Grant:
    """Return what `user` brings along; two queries."""
    if not isinstance(user, User) or not user.is_active:
        return ANONYMOUS
    return of_person(user)


def of_person(user: User, *, extra_roles: Iterable[str] = (), organisations: Iterable[int] = ()) -> Grant:
    """Return what a living account brings along, with what a token adds to it."""
    rows = user.memberships.order_by("pk").values_list("organisation", "organisation__parent", "role")
    own = {key for organisation, above, _role in rows for key in (organisation, above) if key is not None}
    found = user.roles | set(extra_roles) | ({roles.ADMIN} if user.is_superuser else set())
    bonds = frozenset(organisation for organisation, _above, role in rows if role != Membership.Role.MEMBER)
    return Grant(
        principal=user.username,
        roles=frozenset(found),
        organisations=frozenset(own | set(organisations)),
        is_writer=bool(found & WRITING_ROLES),
        bonds=bonds,
        is_bound=bool(bonds) and roles.ADMIN not in found,
    )


def with_parents(organisations: Iterable[str]) -> frozenset[int]:
    """Return the organisations with these short names and the ones above them."""
    rows = Organisation.objects.filter(slug__in=list(organisations)).values_list("pk", "parent")
    return frozenset(key for pair in rows for key in pair if key is not None)
