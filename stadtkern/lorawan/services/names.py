"""The bond between a device and what SensorThings knows of it."""

from collections.abc import Iterable

from django.contrib.gis.geos import Point

from stadtkern.lorawan.meaning import Meanings
from stadtkern.lorawan.models import Device
from stadtkern.observations.models import Datastream, Thing


def link_things(devices: Iterable[Device], source: str) -> None:
    """Bind devices to their things, once these exist; name the datastreams that have no name yet."""
    found = list(devices)
    loose = [device for device in found if device.thing_id is None]
    if loose:
        things = dict(
            Thing.objects.filter(source=source, key__in=[d.eui for d in loose]).values_list("key", "pk")
        )
        bound = [device for device in loose if device.eui in things]
        for device in bound:
            device.thing_id = things[device.eui]
        Device.objects.bulk_update(bound, ["thing"], batch_size=200)
        for device in bound:
            place_thing(device)
    names = {
        f"{source}:{device.eui}:{one.observed_property}": one.name
        for device in found
        if device.enrolled and device.fields
        for one in Meanings.of(device).fields
        if one.name
    }
    if names:
        for stream in Datastream.objects.filter(key__in=names, name=""):
            Datastream.objects.filter(pk=stream.pk).update(name=names[stream.key][:300])


def place_thing(device: Device) -> None:
    """Give the thing of a device the name and the place that somebody gave the device."""
    if device.enrolled is None or device.thing_id is None:
        return
    thing = Thing.objects.get(pk=device.thing_id)
    before = (thing.name, thing.location and thing.location.tuple)
    thing.name = device.name or thing.name
    if device.longitude is not None and device.latitude is not None:
        thing.location = Point(device.longitude, device.latitude, srid=4326)
    if before != (thing.name, thing.location and thing.location.tuple):
        thing.save(update_fields=["name", "location"])


def name_streams(device: Device) -> None:
    """Give the datastreams of a device the names that somebody just chose."""
    for one in Meanings.of(device).fields:
        if one.name:
            key = f"{device.source}:{device.eui}:{one.observed_property}"
            Datastream.objects.filter(key=key).exclude(name=one.name).update(name=one.name[:300])
