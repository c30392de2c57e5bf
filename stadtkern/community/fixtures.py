"""A dataset, its owner and people, for tests."""

from datetime import timedelta
from typing import Any

from stadtkern.base import clock
from stadtkern.catalogue.models import Agent, Dataset
from stadtkern.governance.models import DataProfile
from stadtkern.people.models import Organisation


def make_profile(slug: str = "counts", **facts: Any) -> DataProfile:  # noqa: ANN401
    """Return a published profile of the town."""
    owner, _is_new = Organisation.objects.get_or_create(
        slug="town", defaults={"name": {"en": "Town of Guben"}, "email": "town@example.org"}
    )
    words = {"title": {"en": "Counts"}, "purpose": {"en": "To plan."}, "legal_basis": {"en": "Bylaw."}}
    return DataProfile.objects.create(
        **{"slug": slug, **words, "owner": owner, "licence": "CC-BY-4.0", "is_published": True, **facts}
    )


def make_dataset(slug: str = "cyclists", *, profile: DataProfile | None = None, **facts: Any) -> Dataset:  # noqa: ANN401
    """Return a published dataset."""
    used = profile or make_profile()
    agent, _is_new = Agent.objects.get_or_create(slug="town", defaults={"name": {"en": "Town of Guben"}})
    now = clock.now()
    given = {
        "title": {"en": "Cyclists on the bridge"},
        "description": {"en": "Counted by a loop."},
        "publisher": agent,
        "live": True,
        "first_published_at": now - timedelta(days=1),
        "modified": now - timedelta(days=1),
    }
    return Dataset.objects.create(slug=slug, profile=used, **{**given, **facts})
