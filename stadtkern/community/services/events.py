"""What happens to datasets, written down for those who want to hear of it."""

from typing import Any

from stadtkern.base import clock
from stadtkern.catalogue.models import Dataset, Version
from stadtkern.community.models import Answer, DatasetEvent, Reminder

Kind = DatasetEvent.Kind


def note(dataset: Dataset, kind: Kind, key: object, **facts: Any) -> None:  # noqa: ANN401  # as JSON can hold it
    """Write an event down once."""
    DatasetEvent.objects.get_or_create(
        dataset=dataset, kind=kind, key=str(key)[:60], defaults={"facts": facts, "at": clock.now()}
    )


def new_version(version: Version) -> None:
    """Note that the data of a dataset changed, and that a missed rhythm is kept again."""
    dataset = version.distribution.dataset
    note(
        dataset,
        Kind.VERSION,
        f"{version.distribution_id}-{version.number}",
        number=version.number,
        rows=version.rows,
        note=version.note,
    )
    Reminder.objects.filter(dataset=dataset).delete()


def answered(answer: Answer) -> None:
    """Note that a question was answered."""
    note(answer.question.dataset, Kind.ANSWER, answer.pk, text=answer.text[:300])


def published(dataset: Dataset) -> None:
    """Note that a dataset appeared."""
    note(dataset, Kind.PUBLISHED, "1")


def withdrawn(dataset: Dataset) -> None:
    """Note that a dataset is gone."""
    if dataset.withdrawn_at is not None:
        note(dataset, Kind.WITHDRAWN, int(dataset.withdrawn_at.timestamp()), reason=dataset.withdrawn_reason)
