"""The place of each thing as a Location with the time since when it is known."""

from django.db import migrations

from stadtkern.base import clock

PIECE = 1000


def make(apps, editor):
    Thing = apps.get_model("observations", "Thing")
    Location = apps.get_model("observations", "Location")
    HistoricalLocation = apps.get_model("observations", "HistoricalLocation")
    Now, Then = Thing.locations.through, HistoricalLocation.locations.through
    now = clock.now()
    things = list(Thing.objects.filter(location__isnull=False).order_by("pk"))
    for first in range(0, len(things), PIECE):
        piece = things[first : first + PIECE]
        places = Location.objects.bulk_create(
            [Location(name=thing.name or thing.key, geometry=thing.location) for thing in piece]
        )
        times = HistoricalLocation.objects.bulk_create(
            [HistoricalLocation(thing=thing, time=now) for thing in piece]
        )
        pairs = list(zip(piece, places, times, strict=True))
        Now.objects.bulk_create([Now(thing_id=t.pk, location_id=p.pk) for t, p, _h in pairs])
        Then.objects.bulk_create([Then(historicallocation_id=h.pk, location_id=p.pk) for _t, p, h in pairs])


class Migration(migrations.Migration):
    dependencies = [("observations", "0004_wider_observations")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
