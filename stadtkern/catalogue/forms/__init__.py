"""Forms of the back office: `intake` (files), `columns` (how a file is read), `describe` (what the data are)."""
