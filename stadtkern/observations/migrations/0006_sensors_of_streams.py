"""A sensor for each datastream, as the standard demands: its source, where no instrument is known."""

from django.db import migrations


def give(apps, editor):
    Datastream = apps.get_model("observations", "Datastream")
    Sensor = apps.get_model("observations", "Sensor")
    bare = Datastream.objects.filter(sensor=None)
    for source in list(bare.order_by().values_list("thing__source", flat=True).distinct()):
        sensor = Sensor.objects.filter(source=source, name=source).first() or Sensor.objects.create(
            source=source, name=source
        )
        Datastream.objects.filter(sensor=None, thing__source=source).update(sensor=sensor)


class Migration(migrations.Migration):
    dependencies = [("observations", "0005_locations_of_things")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
