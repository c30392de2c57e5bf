"""Changing many things and their series at once, after a look at what would change."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stadtkern.base.errors import BadInput, NotPermitted
from stadtkern.governance.models import DataProfile
from stadtkern.observations.access import access_for, manageable
from stadtkern.observations.models import Datastream, Thing
from stadtkern.observations.services.entities.work import kind_of, work
from stadtkern.people.models import User

LONGEST_NAME = 300
KEEP = "keep"
NO_PROFILE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be different; what is empty stays."""

    profile: DataProfile | None = None
    no_profile: bool = False
    """Whether the series lose their profile and with it all readers outside the town."""
    duplicates: str = ""
    find: str = ""
    """Text in the names of things that is replaced by `replace`."""
    replace: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to change."""
        return not (self.profile or self.no_profile or self.duplicates or self.find)


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of a thing or a series: what it says and what it would say."""

    row: Thing | Datastream
    field: str
    old: str
    new: str


def planned(keys: Iterable[int], wish: Wish, *, by: User) -> list[Edit]:
    """Return what the wish would change of the things that `by` may change; three queries.

    Raises
    ------
    BadInput
        if a name would become empty or too long.
    NotPermitted
        if the profile is looked after by somebody else.
    """
    if wish.profile is not None and not by.has_perm("governance.change_dataprofile", wish.profile):
        raise NotPermitted("Somebody else looks after this data profile.")
    access = access_for(user=by)
    things = list(manageable(access, Thing.objects.filter(pk__in=list(keys))).order_by("name", "pk"))
    edits = [edit for thing in things if (edit := _renamed(thing, wish)) is not None]
    if wish.profile or wish.no_profile or wish.duplicates:
        streams = manageable(access, Datastream.objects.filter(thing__in=things))
        for stream in streams.select_related("thing", "observed_property", "profile").order_by(
            "thing", "key"
        ):
            edits += _stream_edits(stream, wish)
    return edits


def _renamed(thing: Thing, wish: Wish) -> Edit | None:
    if not wish.find or wish.find not in thing.name:
        return None
    new = thing.name.replace(wish.find, wish.replace).strip()
    if not new or len(new) > LONGEST_NAME:
        raise BadInput(f"The name of {thing.name} would be empty or longer than {LONGEST_NAME} letters.")
    return None if new == thing.name else Edit(thing, "name", thing.name, new)


def _stream_edits(stream: Datastream, wish: Wish) -> Sequence[Edit]:
    found = []
    if (wish.profile or wish.no_profile) and stream.profile != wish.profile:
        old, new = (str(profile) if profile else "" for profile in (stream.profile, wish.profile))
        found.append(Edit(stream, "profile", old, new))
    if wish.duplicates and stream.duplicates != wish.duplicates:
        old, new = stream.get_duplicates_display(), str(Datastream.Duplicates(wish.duplicates).label)
        found.append(Edit(stream, "duplicates", old, new))
    return found


def apply_wish(keys: Iterable[int], wish: Wish, *, by: User) -> int:
    """Change all of it or nothing, with audit trail and history; return how many fields."""
    if wish.is_empty:
        raise BadInput("Nothing was chosen to be changed.")
    with work(access_for(user=by)) as piece:
        edits = planned(keys, wish, by=by)
        for edit in edits:
            if isinstance(edit.row, Thing):
                piece.changing("Thing", edit.row, "name")
                edit.row.name = edit.new
                edit.row.save(update_fields=["name"])
            elif edit.field == "profile":
                piece.changing(kind_of(edit.row), edit.row)
                edit.row.profile = wish.profile
                edit.row.save(update_fields=["profile"])
            else:
                edit.row.duplicates = wish.duplicates
                edit.row.save(update_fields=["duplicates"])
    return len(edits)
