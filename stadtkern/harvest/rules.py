"""Who may do what with sources of datasets."""

import rules

from stadtkern.governance.rules import looks_after as looks_after_profile
from stadtkern.harvest.models import HarvestSource
from stadtkern.people.rules import Someone, is_admin, is_back_office, is_editor


@rules.predicate
def looks_after(user: Someone, source: HarvestSource | None) -> bool:
    """Hold an editor bound to organisations to sources under their profiles."""
    if source is None or not source.profile_id:
        return True
    return bool(looks_after_profile(user, source.profile))


rules.add_perm("harvest.view_harvestsource", is_back_office)
rules.add_perm("harvest.add_harvestsource", is_admin | (is_editor & looks_after))
rules.add_perm("harvest.change_harvestsource", is_admin | (is_editor & looks_after))
rules.add_perm("harvest.delete_harvestsource", is_admin | (is_editor & looks_after))
