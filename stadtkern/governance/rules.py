"""Who may do what with the data concept."""

import rules

from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Membership, User
from stadtkern.people.rules import Someone, is_admin, is_back_office, is_editor


@rules.predicate
def looks_after(user: Someone, profile: DataProfile | None) -> bool:
    """Hold an editor bound to organisations to their profiles; one without such a bond sees to all."""
    if not isinstance(user, User) or profile is None:
        return profile is None
    bonds = user.memberships.exclude(role=Membership.Role.MEMBER).values_list("organisation_id", flat=True)
    owner = profile.owner if profile.owner_id else None
    return not bonds or owner is None or bool({owner.pk, owner.parent_id} & set(bonds))


rules.add_perm("governance.view_dataprofile", is_back_office)
rules.add_perm("governance.add_dataprofile", is_editor)
rules.add_perm("governance.change_dataprofile", is_admin | (is_editor & looks_after))
rules.add_perm("governance.delete_dataprofile", is_admin)
rules.add_perm("governance.view_retentionrun", is_back_office)
