"""Who may do what with areas and addresses."""

import rules

from stadtkern.people.rules import is_admin, is_back_office, is_editor

for noun in ("area", "address"):
    rules.add_perm(f"places.view_{noun}", is_back_office)
    rules.add_perm(f"places.add_{noun}", is_editor)
    rules.add_perm(f"places.change_{noun}", is_editor)
    rules.add_perm(f"places.delete_{noun}", is_admin)
