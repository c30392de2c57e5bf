"""What somebody brings along: roles, organisations, and how far a key or a token reaches.

Sessions, API keys and tokens of an OpenID Connect provider all become a `Grant`; the apps above turn it into
what may be read and written.
"""

from dataclasses import dataclass

from stadtkern.people import roles
from stadtkern.people.models import Membership, User
from stadtkern.people.rules import Someone

READ, WRITE, MANAGE, PERSONAL = "sta:read", "sta:write", "sta:manage", "sta:personal"
SCOPES = frozenset({READ, WRITE, MANAGE, PERSONAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Who asks and with which rights, before anything is known about the data."""

    principal: str
    """For logs and the audit trail: a handle, `key:<prefix>`, `token:<subject>` or `anonymous`; no name."""
    roles: frozenset[str] = frozenset()
    organisations: frozenset[int] = frozenset()
    """Those that the person or the key belongs to, with the ones above them."""
    bonds: frozenset[int] = frozenset()
    """Those whose data an editor is bound to; none: all."""
    scopes: frozenset[str] = SCOPES
    profiles: frozenset[str] | None = None
    """Short names of the data profiles the grant is limited to; None: no limit."""
    streams: frozenset[int] | None = None
    """Datastreams the grant is limited to, beside those of `profiles`; None: no limit."""

    @property
    def is_limited(self) -> bool:
        """Whether it reaches only some streams or profiles."""
        return self.profiles is not None or self.streams is not None


ANONYMOUS = Grant(principal="anonymous")


def grant_of(user: Someone) -> Grant:
    """Return what `user` brings along; two queries."""
    if not isinstance(user, User) or not user.is_active:
        return ANONYMOUS
    bonds = user.memberships.select_related("organisation").order_by("pk")
    memberships = [(one.organisation_id, one.organisation.parent_id, one.role) for one in bonds]
    own = {key for above in memberships for key in above[:2] if key is not None}
    return Grant(
        principal=user.username,
        roles=user.roles | ({roles.ADMIN} if user.is_superuser else set()),
        organisations=frozenset(own),
        bonds=frozenset(key for key, _above, role in memberships if role != Membership.Role.MEMBER),
    )
