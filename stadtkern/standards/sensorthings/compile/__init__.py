"""Syntax trees of `base.odata` into SQL for both databases; values always travel as parameters."""
