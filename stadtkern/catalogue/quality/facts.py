"""What the rules and the points look at: a dataset and each way to have it, as plain facts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings

from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.rdf import mapping, vocabulary
from stadtkern.catalogue.rdf.terms import iri
from stadtkern.catalogue.vocabularies import FORMATS
from stadtkern.governance.licences import LICENCES, OTHER, licence


@dataclass(frozen=True, slots=True)
class Offer:
    """A distribution in facts. A table of ours has everything: we make its files and describe them."""

    distribution: Distribution
    licence: str
    has_address: bool
    answers: bool
    has_download: bool
    download_answers: bool
    has_format: bool
    has_media_type: bool
    is_machine_readable: bool
    is_open_format: bool
    has_size: bool
    has_issued: bool
    has_modified: bool

    @property
    def has_known_licence(self) -> bool:
        """Whether the licence is one of the German list."""
        facts = licence(self.licence)
        return facts.code in LICENCES or facts.code.startswith(f"{vocabulary.LICENCE_SCHEME}/")

    @property
    def is_open_licence(self) -> bool:
        """Whether the licence allows any use, at most with the source named, as high-value data must."""
        return self.licence in LICENCES and self.licence not in {OTHER, "ODbL-1.0"}


def offers(
    dataset: Dataset, distributions: Sequence[Distribution], broken: Collection[str] = ()
) -> list[Offer]:
    """Return the distributions as facts.

    Parameters
    ----------
    broken
        Addresses that did not answer when they were last asked. One that nobody asked yet counts as good:
        what was typed a minute ago is no fault.
    """
    return [_offer(dataset, one, broken) for one in distributions]


def _offer(dataset: Dataset, one: Distribution, broken: Collection[str]) -> Offer:
    code = one.licence or (dataset.profile.licence if dataset.profile_id else "")
    if one.pk and one.current_version is not None:
        return Offer(one, code, *[True] * 11)
    facts = FORMATS.get(one.format)
    address, download = iri(one.access_url), iri(one.download_url)
    given = bool(address or download)
    return Offer(
        distribution=one,
        licence=code,
        has_address=given or not (one.access_url or one.download_url),
        answers=given and one.access_url not in broken,
        has_download=download is not None,
        download_answers=download is not None and one.download_url not in broken,
        has_format=facts is not None,
        has_media_type=bool(vocabulary.media_type(one.media_type or (facts.media_type if facts else ""))),
        is_machine_readable=facts is not None and facts.is_machine_readable,
        is_open_format=facts is not None and facts.is_open,
        has_size=one.byte_size is not None,
        has_issued=one.issued is not None,
        has_modified=one.modified is not None,
    )


def is_ours(url: str) -> bool:
    """Whether an address is one of this installation; it is not asked: whoever asks would ask itself."""
    return url == settings.PUBLIC_URL or url.startswith(f"{settings.PUBLIC_URL}/")


def has_contact(dataset: Dataset) -> bool:
    """Whether somebody is named who answers questions about this very dataset."""
    return bool(dataset.contact_email or dataset.contact_url)


def has_place(dataset: Dataset) -> bool:
    """Whether it says what part of the earth it is about."""
    return dataset.extent is not None or dataset.area_id is not None


def has_time(dataset: Dataset) -> bool:
    """Whether it says what time it is about."""
    return dataset.temporal_start is not None or dataset.temporal_end is not None


def has_keywords(dataset: Dataset) -> bool:
    """Whether it has keywords; in a form those that wait for approval count."""
    if dataset.draft_keywords is not None:
        return bool(dataset.draft_keywords)
    return bool(dataset.pk) and any(True for _word in dataset.keywords.all())


def has_rhythm(dataset: Dataset) -> bool:
    """Whether it says how often new data come."""
    return bool(dataset.frequency or (dataset.profile_id and mapping.rhythm(dataset.profile)))
