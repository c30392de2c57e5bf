"""Who may do what with sources."""

import rules

from stadtkern.people.rules import is_admin, is_editor

rules.add_perm("ingest.view_source", is_editor)
rules.add_perm("ingest.add_source", is_editor)
rules.add_perm("ingest.change_source", is_editor)
rules.add_perm("ingest.delete_source", is_editor)
rules.add_perm("ingest.export_setup", is_editor)
rules.add_perm("ingest.import_setup", is_admin)
