"""Who may do what with rules, alerts and tasks."""

import rules

from stadtkern.people.models import User
from stadtkern.people.rules import Someone, is_analyst, is_back_office, is_editor
from stadtkern.warnings.models import Ticket


@rules.predicate
def is_ones_task(user: Someone, ticket: Ticket | None) -> bool:
    """Be the person whose task it is."""
    return isinstance(user, User) and ticket is not None and ticket.owner_id == user.pk


for noun in ("rule", "channel"):
    rules.add_perm(f"warnings.view_{noun}", is_back_office)
    for verb in ("add", "change", "delete"):
        rules.add_perm(f"warnings.{verb}_{noun}", is_editor | is_analyst)
rules.add_perm("warnings.view_alert", is_back_office)
rules.add_perm("warnings.change_alert", is_editor | is_analyst)
rules.add_perm("warnings.view_ticket", is_back_office)
rules.add_perm("warnings.change_ticket", is_editor | is_analyst | is_ones_task)
