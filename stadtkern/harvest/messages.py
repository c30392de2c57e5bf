"""What is said about records and runs: tables keep codes and facts, people read their language."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from stadtkern.contracts.option import Label

FINDINGS: Mapping[str, Label] = {
    "bad-date": _("This is no date and was left out: %(value)s"),
    "bad-period": _("The period ends before it begins and was left out: %(value)s"),
    "bad-address": _("This is no web address and was left out: %(value)s"),
    "bad-place": _("This place cannot be read and was left out: %(value)s"),
    "place-outside": _("The coordinates are not degrees on earth and were left out: %(value)s"),
    "unknown-licence": _("The licence is not in the German list and was kept as it came: %(value)s"),
    "no-licence": _("No licence is named; that of the data profile holds."),
    "unknown-theme": _("The theme is not in the table of the EU and was kept as it came: %(value)s"),
    "unknown-frequency": _("The rhythm is unknown and was kept as it came: %(value)s"),
    "unknown-format": _("The file format is unknown: %(value)s"),
    "other-language": _("The text is in a language that our pages do not have: %(value)s"),
    "no-publisher": _("No publisher is named; that of the source was taken."),
    "no-description": _("There is no description; the title was taken."),
    "no-distribution": _("There is no file and no interface."),
    "part-without-address": _("A file without an address was kept as a statement: %(value)s"),
    "no-identifier": _("There is no identifier; one was made from the address or the title: %(value)s"),
    "missing-part": _("The catalogue names a file that it does not describe: %(value)s"),
}
REFUSALS: Mapping[str, Label] = {
    "no-title": _("There is no title."),
    "own-dataset": _("A dataset of our own has this identifier; it is never overwritten: %(value)s"),
    "our-own": _("This is a dataset of our own catalogue: %(value)s"),
    "duplicate": _("Already taken over from the source “%(value)s”, which came first."),
    "unreadable": _("The record cannot be read: %(value)s"),
    "not-stored": _("The record could not be stored: %(value)s"),
    "private": _("The record is marked as private or as a draft."),
}
PROBLEMS: Mapping[str, Label] = {
    "fetch": _("The catalogue does not answer as it should: %(value)s"),
    "format": _("The answer cannot be read: %(value)s"),
    "own-catalogue": _("This is our own catalogue: %(value)s"),
    "endless": _("The catalogue does not come to an end: %(value)s"),
    "repeated-page": _("The catalogue answers with the same page again and again: %(value)s"),
    "too-many": _("The catalogue has more records than the source allows: %(value)s"),
    "guard": _(
        "Too many datasets would vanish (%(value)s). Nothing was removed. Look at the catalogue, then allow "
        "it once or leave it."
    ),
    "incomplete": _("The catalogue announces more records than it gave (%(value)s); nothing was removed."),
    "failed": _("The run broke off: %(value)s"),
}


def said(table: Mapping[str, Label], code: str, value: str = "") -> str:
    """Return a sentence in the language of the reader."""
    sentence = str(table.get(code, code))
    return sentence.replace("%(value)s", value)
