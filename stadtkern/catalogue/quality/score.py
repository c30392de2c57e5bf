"""The 405 points of the EU's Metadata Quality Assessment (MQA), and what would bring most of those missing.

https://data.europa.eu/mqa/methodology; weights as published there. Where a measure is taken at distributions,
the points are given for the share of distributions that pass.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality import facts
from stadtkern.catalogue.quality.facts import Offer
from stadtkern.catalogue.quality.findings import findings
from stadtkern.contracts.option import Label

MOST = 405
RATINGS = ((351, _("excellent")), (221, _("good")), (121, _("sufficient")), (0, _("poor")))
DIMENSIONS: dict[str, Label] = {
    "findability": _("Can be found"),
    "accessibility": _("Can be reached"),
    "interoperability": _("Can be combined"),
    "reusability": _("Can be used again"),
    "contextuality": _("Says what it comes with"),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure: where it counts, how much, and the share (0 to 1) of what it asks for."""

    code: str
    dimension: str
    points: int
    field: str
    share: Callable[[Dataset, Sequence[Offer]], float]
    fix: Label
    """What to do to get its points."""


@dataclass(frozen=True, slots=True)
class Step:
    """What could be done next, and how many points it brings."""

    code: str
    field: str
    text: Label
    points: int


@dataclass(frozen=True, slots=True)
class Score:
    """The points of a dataset."""

    points: int
    by_dimension: dict[str, tuple[int, int]]
    """Points and the most there are."""
    steps: tuple[Step, ...]
    """What is missing, most points first."""
    most: int = MOST

    @property
    def next_step(self) -> Step | None:
        """The best next fix; None: nothing is missing."""
        return self.steps[0] if self.steps else None

    @property
    def rating(self) -> Label:
        """The points in a word."""
        return next(word for least, word in RATINGS if self.points >= least)


def _of_dataset(test: Callable[[Dataset], bool]) -> Callable[[Dataset, Sequence[Offer]], float]:
    return lambda dataset, _offers: float(test(dataset))


def _of_offers(test: Callable[[Offer], bool]) -> Callable[[Dataset, Sequence[Offer]], float]:
    return lambda _dataset, offers: sum(map(test, offers)) / len(offers) if offers else 0.0


def _conforms(dataset: Dataset, offers: Sequence[Offer]) -> float:
    found = findings(dataset, [offer.distribution for offer in offers])
    return float(not any(one.severity == "error" for one in found))


METRICS = (
    Metric("keyword", "findability", 30, "keywords", _of_dataset(facts.has_keywords),
           _("Give keywords.")),
    Metric("theme", "findability", 30, "themes", _of_dataset(lambda one: bool(one.themes)),
           _("Choose a theme.")),
    Metric("spatial", "findability", 20, "area", _of_dataset(facts.has_place),
           _("Choose the area it is about.")),
    Metric("temporal", "findability", 20, "temporal_start", _of_dataset(facts.has_time),
           _("Enter the time it is about.")),
    Metric("access-url", "accessibility", 50, "distributions", _of_offers(lambda one: one.answers),
           _("Give each file or service an address that answers.")),
    Metric("download-url", "accessibility", 20, "distributions", _of_offers(lambda one: one.has_download),
           _("Give the address of the file itself, not only of a page.")),
    Metric("download-answers", "accessibility", 30, "distributions",
           _of_offers(lambda one: one.download_answers),
           _("Make the address of the file lead to the file.")),
    Metric("format", "interoperability", 20, "distributions", _of_offers(lambda one: one.has_format),
           _("Say in which format each file is.")),
    Metric("media-type", "interoperability", 10, "distributions", _of_offers(lambda one: one.has_media_type),
           _("Say which media type each file has.")),
    Metric("format-vocabulary", "interoperability", 10, "distributions",
           _of_offers(lambda one: one.has_format and one.has_media_type),
           _("Choose the format from the list.")),
    Metric("open-format", "interoperability", 20, "distributions", _of_offers(lambda one: one.is_open_format),
           _("Offer it in an open format such as CSV.")),
    Metric("machine-readable", "interoperability", 20, "distributions",
           _of_offers(lambda one: one.is_machine_readable),
           _("Offer it in a format that programs read, such as CSV.")),
    Metric("conforms", "interoperability", 30, "title", _conforms,
           _("Put the errors right: what is mandatory is missing.")),
    Metric("licence", "reusability", 20, "distributions", _of_offers(lambda one: bool(one.licence)),
           _("Choose a licence.")),
    Metric("licence-list", "reusability", 10, "distributions",
           _of_offers(lambda one: bool(one.licence) and one.has_known_licence),
           _("Choose a licence of the German list.")),
    Metric("access-rights", "reusability", 10, "profile", _of_dataset(lambda one: bool(one.profile_id)),
           _("Choose the data profile, which says who may read the data.")),
    Metric("access-rights-list", "reusability", 5, "profile", _of_dataset(lambda one: bool(one.profile_id)),
           _("Choose the data profile, which says who may read the data.")),
    Metric("contact", "reusability", 20, "contact_email", _of_dataset(facts.has_contact),
           _("Say who answers questions.")),
    Metric("publisher", "reusability", 10, "publisher", _of_dataset(lambda one: bool(one.publisher_id)),
           _("Choose the publisher.")),
    Metric("rights", "contextuality", 5, "distributions", _of_offers(lambda one: bool(one.licence)),
           _("Say how the source is to be named.")),
    Metric("size", "contextuality", 5, "distributions", _of_offers(lambda one: one.has_size),
           _("Say how large each file is.")),
    Metric("issued", "contextuality", 5, "distributions", _of_offers(lambda one: one.has_issued),
           _("Say since when each file is offered.")),
    Metric("modified", "contextuality", 5, "distributions", _of_offers(lambda one: one.has_modified),
           _("Say when each file changed last.")),
)  # fmt: skip


def score(
    dataset: Dataset,
    distributions: Sequence[Distribution] | None = None,
    *,
    broken: frozenset[str] = frozenset(),
) -> Score:
    """Return the points of a dataset, stored or not; parameters as of `findings`."""
    if distributions is None:
        distributions = list(dataset.distributions.all()) if dataset.pk else []
    offers = facts.offers(dataset, distributions, broken)
    reached = {metric.code: round(metric.points * metric.share(dataset, offers)) for metric in METRICS}
    by_dimension = {
        name: (
            sum(reached[metric.code] for metric in METRICS if metric.dimension == name),
            sum(metric.points for metric in METRICS if metric.dimension == name),
        )
        for name in DIMENSIONS
    }
    steps = [
        Step(metric.code, metric.field, metric.fix, metric.points - reached[metric.code])
        for metric in METRICS
        if reached[metric.code] < metric.points
    ]
    steps.sort(key=lambda step: -step.points)
    return Score(sum(reached.values()), by_dimension, tuple(steps))
