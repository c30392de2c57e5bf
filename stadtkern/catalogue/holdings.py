"""What the register says of datasets."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Count

from stadtkern.catalogue.models import Dataset
from stadtkern.governance.models import DataProfile
from stadtkern.governance.register import Counts, Item


def count(profiles: Collection[int]) -> Mapping[int, Counts]:
    """Return how many public datasets stand under each profile."""
    rows = (
        Dataset.objects.public()
        .filter(profile__in=profiles)
        .order_by()
        .values_list("profile")
        .annotate(datasets=Count("pk"))
    )
    return {profile: Counts(datasets=datasets) for profile, datasets in rows}


def list_items(profile: DataProfile, most: int) -> Sequence[Item]:
    """Return the first public datasets under a profile."""
    found = Dataset.objects.public().filter(profile=profile)[:most]
    return [Item(str(one), "", one.get_absolute_url()) for one in found]
