"""What the public register says about sensor data."""

from collections.abc import Collection, Mapping, Sequence

from django.db.models import Count
from django.urls import NoReverseMatch, reverse

from stadtkern.governance.models import DataProfile
from stadtkern.governance.register import Counts, Item
from stadtkern.observations.models import Datastream, ObservedProperty
from stadtkern.observations.queries.groups import group_properties


def count(profiles: Collection[int]) -> Mapping[int, Counts]:
    """Return how many sensors and series stand under each profile; one query."""
    rows = (
        Datastream.objects.filter(profile__in=profiles)
        .order_by()
        .values_list("profile")
        .annotate(things=Count("thing", distinct=True), streams=Count("pk"))
    )
    return {profile: Counts(sensors=things, streams=streams) for profile, things, streams in rows}


def list_items(profile: DataProfile, most: int) -> Sequence[Item]:
    """Return the first series under a profile, or the groups where they are personal data."""
    if profile.has_personal_data:
        is_public = profile.access == DataProfile.Access.PUBLIC
        return [
            Item(found.label, "", _group_address(profile, found) if is_public else "")
            for found in group_properties(profile)
        ]
    streams = Datastream.objects.filter(profile=profile).select_related("thing", "observed_property")
    return [
        Item(stream.label, str(stream.thing), address(stream) if profile.is_open else "")
        for stream in streams.order_by("key")[:most]
    ]


def _group_address(profile: DataProfile, found: ObservedProperty) -> str:
    return reverse("group", args=[profile.slug, found.slug])


def address(stream: Datastream) -> str:
    """Return where the series is shown; empty while it has no page."""
    try:
        return reverse("stream", args=[stream.pk])
    except NoReverseMatch:
        return ""
