"""Who may do what with what people say about data."""

import rules

from stadtkern.catalogue.models import Dataset
from stadtkern.community.models import AccessRequest, Offer, Question
from stadtkern.governance.rules import looks_after as looks_after_profile
from stadtkern.people.rules import Someone, is_admin, is_back_office, is_editor, is_moderator


@rules.predicate
def answers_for(user: Someone, thing: Question | AccessRequest | Offer | None) -> bool:
    """Hold an editor bound to organisations to datasets under their profiles."""
    if thing is None:
        return True
    dataset = Dataset.objects.select_related("profile__owner").get(pk=thing.dataset_id)
    return bool(looks_after_profile(user, dataset.profile))


rules.add_perm("community.view_talk", is_back_office)
rules.add_perm("community.moderate", is_moderator | is_editor)
rules.add_perm("community.answer_question", is_admin | (is_editor & answers_for))
rules.add_perm("community.decide_accessrequest", is_admin | (is_editor & answers_for))
rules.add_perm("community.view_accessrequest", is_editor)
for _name in ("offer",):
    rules.add_perm(f"community.view_{_name}", is_back_office)
    rules.add_perm(f"community.add_{_name}", is_editor)
    rules.add_perm(f"community.change_{_name}", is_admin | (is_editor & answers_for))
    rules.add_perm(f"community.delete_{_name}", is_admin)
