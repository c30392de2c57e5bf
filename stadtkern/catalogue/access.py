"""Who may know of which dataset, and who may read its rows: one answer for pages, files and interfaces.

A reader is a person, or a key or token with what it stands for. Beside the rules of the data profiles others
may open a dataset to a reader (`add_ground`): a contract on the marketplace. Whoever reads rows that are not
open to everybody is written down by those who asked for it (`on_closed_read`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from stadtkern.base.errors import NotPermitted
from stadtkern.catalogue.models import Dataset, DatasetQuerySet
from stadtkern.observations.access import Access, access_for_request
from stadtkern.people.models import ApiKey, User
from stadtkern.people.rules import Someone, is_back_office


@dataclass(frozen=True, slots=True)
class Reader:
    """Who wants to read."""

    user: Someone = None
    """The person: signed in, or the holder of the key."""
    key: ApiKey | None = None
    """The key in use."""
    access: Access | None = None
    """What a key or token may read; None: a person who is signed in, or nobody."""

    @property
    def is_program(self) -> bool:
        """Whether a key or token was shown."""
        return self.access is not None


ANYBODY = Reader()
Ground = Callable[[Reader], "QuerySet[Dataset] | None"]
"""Returns datasets (or their keys: `.values("pk")`) that a reader may read for another reason; None: none."""
Watcher = Callable[[Reader, Dataset, str, int], None]
"""Is told of rows read that are not open: who, of which dataset, in what way, how many."""
_grounds: dict[str, Ground] = {}
_watchers: list[Watcher] = []


def add_ground(name: str, function: Ground) -> None:
    """Add a reason for which datasets are open to somebody."""
    _grounds[name] = function


def on_closed_read(function: Watcher) -> None:
    """Have a function told when somebody reads rows that are not open to everybody."""
    if function not in _watchers:
        _watchers.append(function)


def forget(name: str, function: Watcher | None = None) -> None:
    """Take a reason and a function out again."""
    _grounds.pop(name, None)
    if function in _watchers:
        _watchers.remove(function)


def reader_of(request: HttpRequest) -> Reader:
    """Return who asks: the bearer of a key or token, or who is signed in. A key counts as one request.

    Raises
    ------
    NotAuthenticated
        if a key or token was shown that opens nothing.
    TooMany
        if the key was used too often within a minute.
    """
    headers = request.headers
    user: Someone = getattr(request, "user", None)
    if "Authorization" not in headers and "X-API-Key" not in headers:
        return Reader(user=user)
    access = access_for_request(request)
    key = ApiKey.objects.select_related("person", "organisation").filter(pk=access.key or 0).first()
    return Reader(user=key.person if key else None, key=key, access=access)


def visible(reader: Reader) -> DatasetQuerySet:
    """Return the datasets that a reader may know of."""
    if not reader.is_program and is_back_office(reader.user):
        return Dataset.objects.all()
    return Dataset.objects.filter(Q(pk__in=Dataset.objects.public().values("pk")) | _granted(reader))


def readable(reader: Reader) -> DatasetQuerySet:
    """Return the datasets whose rows a reader may read."""
    if reader.access is None:
        base = Dataset.objects.readable_by(reader.user)
    elif reader.access.sees_all:
        base = Dataset.objects.all()
    else:
        profiles = Q(profile__in=reader.access.read_profiles, live=True, withdrawn_at=None)
        base = Dataset.objects.filter(Q(pk__in=Dataset.objects.open().values("pk")) | profiles)
    return Dataset.objects.filter(Q(pk__in=base.values("pk")) | _granted(reader))


def _granted(reader: Reader) -> Q:
    condition = Q(pk__in=[])
    for function in _grounds.values():
        found = function(reader)
        if found is not None:
            condition |= Q(pk__in=found.values("pk"), withdrawn_at=None)
    return condition


def can_read(reader: Reader | User | None, dataset: Dataset) -> bool:
    """Return whether the rows of a dataset may be read; no question to the database where it is open."""
    if dataset.is_open:
        return True
    asking = reader if isinstance(reader, Reader) else Reader(user=reader)
    return readable(asking).filter(pk=dataset.pk).exists()


def note_read(reader: Reader, dataset: Dataset, what: str, rows: int) -> None:
    """Tell those who write it down that rows were read; open datasets are nobody's business."""
    if dataset.is_open:
        return
    for function in _watchers:
        function(reader, dataset, what, rows)


def demand(reader: Reader, dataset: Dataset) -> None:
    """Refuse readers that may not read the rows.

    Raises
    ------
    NotPermitted
        if the rows are not open to the reader.
    """
    if not can_read(reader, dataset):
        raise NotPermitted(
            "The rows of this dataset are not open to everybody; its page says how to ask for them."
        )
