"""Who may do what with sensor data."""

import rules

from stadtkern.people.rules import is_analyst, is_back_office, is_editor

rules.add_perm("observations.view_quarantinedreading", is_editor | is_analyst)  # it may hold personal data
rules.add_perm("observations.delete_quarantinedreading", is_editor)
rules.add_perm("observations.view_datastream", is_back_office)
rules.add_perm("observations.view_thing", is_back_office)
rules.add_perm("observations.change_thing", is_editor)
rules.add_perm("observations.view_derivedstream", is_back_office)
rules.add_perm("observations.change_derivedstream", is_editor | is_analyst)
