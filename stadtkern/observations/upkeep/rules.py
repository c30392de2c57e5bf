"""Who may say something about the quality of data, and who keeps the log."""

import rules

from stadtkern.people.rules import is_analyst, is_back_office, is_editor

rules.add_perm("upkeep.view_qualitymark", is_back_office)
rules.add_perm("upkeep.add_qualitymark", is_editor | is_analyst)
rules.add_perm("upkeep.view_logentry", is_back_office)
rules.add_perm("upkeep.add_logentry", is_editor)
rules.add_perm("upkeep.change_logentry", is_editor)
rules.add_perm("upkeep.delete_logentry", is_editor)
