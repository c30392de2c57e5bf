"""Who may do what with datasets."""

import rules

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.governance.rules import looks_after as looks_after_profile
from stadtkern.people.rules import Someone, is_admin, is_back_office, is_editor, is_moderator


@rules.predicate
def looks_after(user: Someone, thing: Dataset | Distribution | None) -> bool:
    """Hold an editor bound to organisations to datasets under their profiles."""
    dataset = thing.dataset if isinstance(thing, Distribution) else thing
    if dataset is None or not dataset.profile_id:
        return True
    return bool(looks_after_profile(user, dataset.profile))


for _name in ("agent", "datasetseries", "dataservice", "keyword", "pull", "version"):
    rules.add_perm(f"catalogue.view_{_name}", is_back_office)
    rules.add_perm(f"catalogue.add_{_name}", is_editor)
    rules.add_perm(f"catalogue.change_{_name}", is_editor)
    rules.add_perm(f"catalogue.delete_{_name}", is_admin)

for _name in ("dataset", "distribution"):
    rules.add_perm(f"catalogue.view_{_name}", is_back_office)
    rules.add_perm(f"catalogue.add_{_name}", is_editor)
    rules.add_perm(f"catalogue.change_{_name}", is_admin | (is_editor & looks_after))
    rules.add_perm(f"catalogue.delete_{_name}", is_admin)
rules.add_perm("catalogue.publish_dataset", is_admin | is_moderator)
rules.add_perm("catalogue.lock_dataset", is_admin | is_moderator)
rules.add_perm("catalogue.unlock_dataset", is_admin | is_moderator)
rules.add_perm("catalogue.withdraw_dataset", is_admin | (is_editor & looks_after))
