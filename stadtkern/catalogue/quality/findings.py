"""What is wrong or missing in a description, and what to do about it.

The rules of DCAT-AP.de 3.0 (mandatory: error, recommended: warning) and of DCAT-AP HVD 3.0, as functions of
the models, so that a form can ask them with every keystroke. `shacl` asks the same of the finished document.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy as _

from stadtkern.base.clock import now
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality import facts
from stadtkern.catalogue.quality.facts import Offer
from stadtkern.catalogue.rdf.terms import iri
from stadtkern.contracts.option import Label

Severity = Literal["error", "warning", "hint"]
MOST_TITLE = 150


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right."""

    code: str
    severity: Severity
    field: str
    """Of `Dataset`, or `distributions`."""
    message: Label
    fix: Label


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule about a dataset as a whole."""

    finding: Finding
    is_broken: Callable[[Dataset], bool]


def _is_blank(texts: object) -> bool:
    return not isinstance(texts, dict) or not any(str(text).strip() for text in texts.values())


def _lacks_service(dataset: Dataset) -> bool:
    return bool(dataset.hvd_categories) and not (
        dataset.pk and (dataset.services.exists() or _has_table(dataset))
    )


def _has_table(dataset: Dataset) -> bool:
    return any(one.current_version is not None for one in dataset.distributions.all())


def _rule(  # noqa: PLR0913, PLR0917  # one line for each rule below
    code: str,
    severity: Severity,
    field: str,
    message: Label,
    fix: Label,
    is_broken: Callable[[Dataset], bool],
) -> Rule:
    return Rule(Finding(code, severity, field, message, fix), is_broken)


RULES = (
    _rule(
        "title", "error", "title",
        _("The title is missing."),
        _("Say in a few words what it is, where and when."),
        lambda one: _is_blank(one.title),
    ),
    _rule(
        "description", "error", "description",
        _("The description is missing."),
        _("Say what is in it, how it was made and what it is not good for."),
        lambda one: _is_blank(one.description),
    ),
    _rule(
        "publisher", "error", "publisher",
        _("The publisher is missing."),
        _("Choose who publishes the data."),
        lambda one: not one.publisher_id,
    ),
    _rule(
        "profile", "error", "profile",
        _("The data profile is missing."),
        _("Choose why these data are held, and under which licence."),
        lambda one: not one.profile_id,
    ),
    _rule(
        "contact", "warning", "contact_email",
        _("Nobody is named who answers questions."),
        _("Give an email address or a page for questions, better of an office than of a person."),
        lambda one: not facts.has_contact(one),
    ),
    _rule(
        "keyword", "warning", "keywords",
        _("There are no keywords."),
        _("Give two to five words by which people would look for it."),
        lambda one: not facts.has_keywords(one),
    ),
    _rule(
        "theme", "warning", "themes",
        _("There is no theme."),
        _("Choose at least one theme; portals sort by it."),
        lambda one: not one.themes,
    ),
    _rule(
        "spatial", "warning", "area",
        _("It does not say what place it is about."),
        _("Choose the area, such as the town."),
        lambda one: not facts.has_place(one),
    ),
    _rule(
        "temporal", "warning", "temporal_start",
        _("It does not say what time it is about."),
        _("Enter from when the data are, and until when if they end."),
        lambda one: not facts.has_time(one),
    ),
    _rule(
        "level", "warning", "level",
        _("The political level is missing."),
        _("Choose it; for a town it is the municipality."),
        lambda one: not one.level,
    ),
    _rule(
        "frequency", "warning", "frequency",
        _("It does not say how often new data come."),
        _("Choose the rhythm."),
        lambda one: not facts.has_rhythm(one),
    ),
    _rule(
        "availability", "hint", "availability",
        _("It does not say for how long it is offered."),
        _("Choose how long others may rely on it."),
        lambda one: not one.availability,
    ),
    _rule(
        "long-title", "hint", "title",
        _("The title is very long."),
        _("Move the details into the description."),
        lambda one: any(len(text) > MOST_TITLE for text in (one.title or {}).values()),
    ),
    _rule(
        "future", "warning", "modified",
        _("The last change lies in the future."),
        _("Enter the day on which the data really changed."),
        lambda one: one.modified is not None and one.modified > now(),
    ),
    _rule(
        "hvd-service", "error", "hvd_categories",
        _("High-value data must have an interface, not only files."),
        _("Upload it as a table, which has interfaces by itself, or name the data service."),
        _lacks_service,
    ),
    _rule(
        "hvd-contact", "warning", "contact_email",
        _("High-value data should name who answers questions."),
        _("Give an email address or a page for questions."),
        lambda one: bool(one.hvd_categories) and not facts.has_contact(one),
    ),
    _rule(
        "hvd-closed", "error", "hvd_categories",
        _("High-value data must be open to everybody."),
        _("Choose a data profile whose values everybody may read."),
        lambda one: bool(one.hvd_categories) and bool(one.profile_id) and (
            one.profile.access != "public" or one.profile.has_personal_data
        ),
    ),
)  # fmt: skip
NO_DISTRIBUTION = Finding(
    "distribution", "warning", "distributions",
    _("There is nothing to load."),
    _("Upload a file or enter an address."),
)  # fmt: skip
OFFER_RULES: tuple[tuple[Finding, Callable[[Offer, Dataset], bool]], ...] = (
    (
        Finding(
            "licence", "error", "profile",
            _("The licence is missing."),
            _("Choose one in the data profile or at the file; “Zero” allows most."),
        ),
        lambda offer, _dataset: not offer.licence,
    ),
    (
        Finding(
            "licence-list", "warning", "distributions",
            _("The licence is not in the list of DCAT-AP.de."),
            _("Choose one of the list, so that others know what they may do."),
        ),
        lambda offer, _dataset: bool(offer.licence) and not offer.has_known_licence,
    ),
    (
        Finding(
            "hvd-licence", "error", "hvd_categories",
            _("High-value data must be free for every use."),
            _("Choose Zero, CC0, or a licence that only wants the source to be named."),
        ),
        lambda offer, dataset: bool(dataset.hvd_categories) and not offer.is_open_licence,
    ),
    (
        Finding(
            "address", "error", "distributions",
            _("The address of a file or service cannot be used."),
            _("Write it in full, beginning with https://."),
        ),
        lambda offer, _dataset: not offer.has_address or _is_unusable(offer.distribution),
    ),
    (
        Finding(
            "link", "warning", "distributions",
            _("The address of a file or service did not answer when it was last asked."),
            _("Open it, and correct it or remove it."),
        ),
        lambda offer, _dataset: offer.has_address and not _is_page_only(offer) and not (
            offer.answers and (offer.download_answers or not offer.has_download)
        ),
    ),
    (
        Finding(
            "format", "warning", "distributions",
            _("The format of a file is missing."),
            _("Choose it; people filter by it."),
        ),
        lambda offer, _dataset: not offer.has_format,
    ),
    (
        Finding(
            "machine-readable", "warning", "distributions",
            _("Programs cannot read a file: it is a PDF, a page or an archive."),
            _("Offer the table itself as CSV or Excel."),
        ),
        lambda offer, _dataset: offer.has_format and not offer.is_machine_readable,
    ),
)  # fmt: skip


def _is_unusable(one: Distribution) -> bool:
    return any(given and iri(given) is None for given in (one.access_url, one.download_url))


def _is_page_only(offer: Offer) -> bool:
    """Whether a distribution names no address: its page here stands for it."""
    return not offer.distribution.access_url and not offer.distribution.download_url


def findings(
    dataset: Dataset,
    distributions: Sequence[Distribution] | None = None,
    *,
    broken: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return what is wrong with a dataset, stored or not; errors first.

    Parameters
    ----------
    distributions
        as they stand in the form; None: those stored.
    broken
        Addresses known not to answer (`links.broken`).
    """
    if distributions is None:
        distributions = list(dataset.distributions.all()) if dataset.pk else []
    found = [rule.finding for rule in RULES if rule.is_broken(dataset)]
    if distributions:
        found += _of_offers(dataset, facts.offers(dataset, distributions, broken))
    else:
        found.append(NO_DISTRIBUTION)
    order = {"error": 0, "warning": 1, "hint": 2}
    return sorted(found, key=lambda one: order[one.severity])


def _of_offers(dataset: Dataset, offers: Sequence[Offer]) -> Iterator[Finding]:
    """Yield each finding once, however many distributions it holds for."""
    for finding, is_broken in OFFER_RULES:
        if any(is_broken(offer, dataset) for offer in offers):
            yield finding
