"""Where things are and were (OGC 18-088 sections 8.2.2, 8.2.3 and 10.2.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django.contrib.gis.geos import Point
from django.db import connection

from stadtkern.observations.models import Datastream, FeatureOfInterest, HistoricalLocation, Location, Thing
from stadtkern.observations.services.entities.work import Work

LONGEST_NAME = 300


def move(work: Work, thing: Thing, locations: Sequence[int], *, time: datetime | None = None) -> None:
    """Give a thing its current Locations, and keep since when in a HistoricalLocation.

    Parameters
    ----------
    locations
        identifiers of all current Locations; the former ones are current no more.
    time
        since when; None: since now.
    """
    since = HistoricalLocation.objects.create(thing=thing, time=time or work.now)
    since.locations.set(locations)
    work.made("HistoricalLocation", since.pk)
    place(work, thing, locations)


def place(work: Work, thing: Thing, locations: Sequence[int]) -> None:
    """Give a thing its current Locations without a HistoricalLocation."""
    work.changing("Thing", thing, "Locations")
    thing.locations.set(locations)
    let_go_of_features(thing)
    renew_point(thing)


def renew_point(thing: Thing) -> None:
    """Keep the point that maps show equal to the current Locations."""
    located = thing.locations.filter(geometry__isnull=False).order_by("pk").first()
    thing.location = None if located is None else point_of(located)
    thing.save(update_fields=["location"])


def point_of(location: Location) -> Point | None:
    """Return one point that stands for a Location."""
    geometry = location.geometry
    if geometry is None or isinstance(geometry, Point):
        return geometry
    return cast("Point", geometry.point_on_surface)


def follow_history(work: Work, historical: HistoricalLocation) -> None:
    """Let the thing be where its newest HistoricalLocation says (section 10.2.3)."""
    thing = historical.thing
    newest = thing.historical_locations.order_by("-time", "-pk").first()
    if newest == historical:
        place(work, thing, list(historical.locations.order_by("pk").values_list("pk", flat=True)))


def let_go_of_features(thing: Thing) -> None:
    """End the default features of a thing that moves: what was observed so far keeps them.

    Observations without a feature of their own have the default one of their datastream, which was made
    from the place of the thing; the next Observation makes a new one from the new place.
    """
    streams = Datastream.objects.filter(thing=thing, feature_of_interest__isnull=False).order_by("pk")
    for stream, feature in list(streams.values_list("pk", "feature_of_interest")):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE observations_observation SET feature_id = %s "
                "WHERE datastream_id = %s AND feature_id IS NULL",
                [feature, stream],
            )
    streams.update(feature_of_interest=None)


def default_features(streams: Sequence[int]) -> None:
    """Give datastreams without a feature of interest the one of the place of their thing.

    18-088 section 10.2.1: an Observation without FeatureOfInterest gets the Location of its thing. Streams of
    one thing share the feature. Things without a Location have none.
    """
    bare = Datastream.objects.filter(pk__in=streams, feature_of_interest=None)
    for thing in Thing.objects.filter(pk__in=bare.values("thing")).order_by("pk"):
        location = thing.locations.order_by("pk").first()
        if location is None:
            continue
        known = FeatureOfInterest.objects.filter(datastreams__thing=thing).order_by("pk").first()
        shared = known or _feature_at(location)
        Datastream.objects.filter(thing=thing, feature_of_interest=None).update(feature_of_interest=shared)


def _feature_at(location: Location) -> FeatureOfInterest:
    return FeatureOfInterest.objects.create(
        name=location.name[:LONGEST_NAME],
        description=location.description,
        encoding_type=location.encoding_type,
        feature=location.geometry,
        document=location.document,
    )
