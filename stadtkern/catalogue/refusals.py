"""What people read when a question to a table cannot be answered."""

from django.utils.translation import gettext as _

from stadtkern.tables import TableError


def words(error: TableError) -> str:  # noqa: PLR0911  # one for each code
    """Return the text for a refused question, with the place of the mistake."""
    facts = {name: str(value)[:200] for name, value in error.facts.items()}
    if error.code == "no_such_column":
        return _("There is no column “%(column)s”.") % {"column": facts.get("column", facts.get("name", ""))}
    if error.code == "bad_parameter":
        return _("“%(value)s” cannot be used for “%(name)s”.") % {
            "value": facts.get("value", ""),
            "name": facts.get("name", facts.get("parameter", "")),
        }
    if error.code == "sql_not_allowed":
        return _("Only one SELECT is allowed here; it can read the named tables and nothing else.")
    if error.code == "sql_error":
        return _("The database does not understand this: %(text)s") % {"text": _detail(error, facts)}
    if error.code == "sql_too_long":
        return _("The answer took too long. Ask for less, or narrow it with WHERE.")
    if error.code == "sql_too_much_memory":
        return _("The answer needs too much memory. Ask for less, or narrow it with WHERE.")
    if error.code == "sql_too_large":
        return _("The answer is too large. Use LIMIT, or load the whole table as a file.")
    return _("This question cannot be answered: %(text)s") % {"text": str(error)[:300]}


def _detail(error: TableError, facts: dict[str, str]) -> str:
    return facts.get("message") or facts.get("text") or str(error)[:500]
