"""Users, organisations, departments, roles, rights, audit trail."""
