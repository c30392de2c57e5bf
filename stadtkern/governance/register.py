"""What the public register shows: profiles with what is held under them.

The tables of readings and datasets stand above this app; they say here how much of them belongs to a profile:
`register.add_holder("observations", count=..., list_items=...)` in their `AppConfig.ready`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stadtkern.governance.models import DataProfile


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is held under a profile."""

    sensors: int = 0
    streams: int = 0
    datasets: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.sensors + other.sensors, self.streams + other.streams, self.datasets + other.datasets
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One stream or dataset under a profile."""

    title: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Holder:
    """An app that holds data under profiles."""

    count: Callable[[Collection[int]], Mapping[int, Counts]]
    """Returns the counts by profile, with a constant number of queries."""
    list_items: Callable[[DataProfile, int], Sequence[Item]]
    """Returns the first so many items under a profile."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A profile as the register shows it."""

    profile: DataProfile
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a reader of the register looks for."""

    text: str = ""
    owner: str = ""
    has_personal_data: bool | None = None
    words: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Split the text once."""
        object.__setattr__(self, "words", tuple(self.text.casefold().split()))

    def fits(self, profile: DataProfile) -> bool:
        """Return whether the profile is looked for; every word must occur in one of its languages."""
        if self.owner and profile.owner.slug != self.owner:
            return False
        if self.has_personal_data is not None and profile.has_personal_data != self.has_personal_data:
            return False
        return not self.words or all(word in text_of(profile) for word in self.words)


_holders: dict[str, Holder] = {}


def add_holder(
    name: str,
    *,
    count: Callable[[Collection[int]], Mapping[int, Counts]],
    list_items: Callable[[DataProfile, int], Sequence[Item]],
) -> None:
    """Add an app that holds data under profiles."""
    _holders[name] = Holder(count, list_items)


def text_of(profile: DataProfile) -> str:
    """Return everything of a profile that can be searched, in all languages."""
    texts = (profile.title, profile.purpose, profile.legal_basis, profile.quality, profile.owner.name)
    parts = [text for one in texts for text in one.values()]
    return " ".join([*parts, profile.slug, profile.attribution, profile.licence]).casefold()


def published() -> list[DataProfile]:
    """Return all published profiles, by title in the active language.

    Read as a whole: a town has hundreds of profiles at most; searching four languages in the database would
    be another index to keep.
    """
    found = DataProfile.objects.published().select_related("owner")
    return sorted(found, key=lambda profile: (str(profile).casefold(), profile.slug))


def counted(profiles: Iterable[DataProfile]) -> list[Entry]:
    """Return the profiles with how much is held under each."""
    found = list(profiles)
    keys = [profile.pk for profile in found]
    tables = [holder.count(keys) for holder in _holders.values()]
    return [
        Entry(profile, sum((table.get(profile.pk, Counts()) for table in tables), Counts()))
        for profile in found
    ]


def items(profile: DataProfile, *, most: int = 50) -> list[Item]:
    """Return the first items held under a profile."""
    found = [item for holder in _holders.values() for item in holder.list_items(profile, most)]
    return found[:most]
