"""The check of translations sees what is missing or broken."""

import polib
import pytest

from stadtkern.config.messages import broken


@pytest.mark.parametrize(
    ("source", "translation", "is_broken"),
    [
        ("Level %(level)s", "Pegel %(level)s", False),
        ("Level %(level)s", "Pegel", True),
        ("Level %(level)s", "Pegel %(stand)s", True),
        ("Level", "Pegel", False),
        ("100 %", "100 %", False),
    ],
)
def test_a_lost_or_invented_placeholder_is_found(source: str, translation: str, *, is_broken: bool) -> None:
    """Placeholders have to be the same in both languages."""
    assert broken(polib.POEntry(msgid=source, msgstr=translation)) is is_broken


def test_one_plural_form_may_leave_the_number_out() -> None:
    """`a minute ago` needs no number, `%(count)s minutes ago` does not invent one."""
    entry = polib.POEntry(
        msgid="%(count)s minute ago",
        msgid_plural="%(count)s minutes ago",
        msgstr_plural={0: "vor einer Minute", 1: "vor %(count)s Minuten"},
    )
    assert not broken(entry)
    entry.msgstr_plural[1] = "vor %(n)s Minuten"
    assert broken(entry)
