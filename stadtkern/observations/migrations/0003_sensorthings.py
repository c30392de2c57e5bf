"""The entities of SensorThings that were missing, and what the present ones lacked."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
import stadtkern.observations.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("observations", "0002_observation_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="change",
            name="numbers",
            field=models.BigIntegerField(default=0),
        ),
        migrations.CreateModel(
            name="EntityVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entity", models.CharField(max_length=30, verbose_name="kind of entity")),
                ("entity_id", models.BigIntegerField(verbose_name="number")),
                ("valid_from", stadtkern.observations.fields.InstantField(verbose_name="valid from")),
                ("valid_to", stadtkern.observations.fields.InstantField(null=True, verbose_name="valid to")),
                ("document", models.JSONField(null=True, verbose_name="the entity")),
                ("changed_by", models.CharField(blank=True, max_length=200, verbose_name="changed by")),
            ],
            options={
                "ordering": ["entity", "entity_id", "valid_from", "pk"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalLocation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("time", stadtkern.observations.fields.InstantField(verbose_name="since")),
            ],
            options={
                "ordering": ["thing", "time", "pk"],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("principal", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("status", models.SmallIntegerField()),
                ("headers", models.JSONField(default=dict)),
                ("body", models.BinaryField(default=b"")),
                ("created", stadtkern.observations.fields.InstantField(db_index=True)),
            ],
            options={
                "ordering": ["-created"],
            },
        ),
        migrations.CreateModel(
            name="Location",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=300, verbose_name="name")),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "encoding_type",
                    models.CharField(default="application/geo+json", max_length=100, verbose_name="encoding"),
                ),
                (
                    "geometry",
                    django.contrib.gis.db.models.fields.GeometryField(
                        blank=True, null=True, srid=4326, verbose_name="geometry"
                    ),
                ),
                ("document", models.JSONField(blank=True, null=True, verbose_name="place as sent")),
                ("properties", models.JSONField(blank=True, default=dict, verbose_name="properties")),
            ],
            options={
                "verbose_name": "place of a thing",
                "verbose_name_plural": "places of things",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MultiComponent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.SmallIntegerField(verbose_name="position")),
                (
                    "observation_type",
                    models.CharField(
                        default="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
                        max_length=200,
                        verbose_name="kind of result",
                    ),
                ),
                ("unit", models.CharField(max_length=50, verbose_name="unit (UCUM)")),
                ("unit_of_measurement", models.JSONField(blank=True, null=True, verbose_name="unit as sent")),
            ],
            options={
                "ordering": ["datastream", "position"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="sensor",
            name="sensor_source_name",
        ),
        migrations.AddField(
            model_name="datastream",
            name="is_multi",
            field=models.BooleanField(default=False, verbose_name="several properties at once"),
        ),
        migrations.AddField(
            model_name="datastream",
            name="observation_type",
            field=models.CharField(
                default="http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
                max_length=200,
                verbose_name="kind of result",
            ),
        ),
        migrations.AddField(
            model_name="datastream",
            name="observed_area",
            field=django.contrib.gis.db.models.fields.GeometryField(
                blank=True, null=True, srid=4326, verbose_name="observed area"
            ),
        ),
        migrations.AddField(
            model_name="datastream",
            name="unit_of_measurement",
            field=models.JSONField(blank=True, null=True, verbose_name="unit as sent"),
        ),
        migrations.AddField(
            model_name="featureofinterest",
            name="document",
            field=models.JSONField(blank=True, null=True, verbose_name="geometry as sent"),
        ),
        migrations.AddField(
            model_name="featureofinterest",
            name="encoding_type",
            field=models.CharField(default="application/geo+json", max_length=100, verbose_name="encoding"),
        ),
        migrations.AddField(
            model_name="featureofinterest",
            name="properties",
            field=models.JSONField(blank=True, default=dict, verbose_name="properties"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="copy",
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="count",
            field=models.BigIntegerField(default=0, verbose_name="observations"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="first_result_time",
            field=stadtkern.observations.fields.InstantField(null=True, verbose_name="first known since"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="first_time",
            field=stadtkern.observations.fields.InstantField(null=True, verbose_name="first time"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="last_result_time",
            field=stadtkern.observations.fields.InstantField(null=True, verbose_name="last known since"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="last_time",
            field=stadtkern.observations.fields.InstantField(null=True, verbose_name="last time"),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="number",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="latestobservation",
            name="value",
            field=models.JSONField(null=True, verbose_name="result that is no number"),
        ),
        migrations.AddField(
            model_name="observedproperty",
            name="description",
            field=models.TextField(blank=True, verbose_name="description"),
        ),
        migrations.AddField(
            model_name="observedproperty",
            name="properties",
            field=models.JSONField(blank=True, default=dict, verbose_name="properties"),
        ),
        migrations.AddField(
            model_name="sensor",
            name="metadata_document",
            field=models.JSONField(
                blank=True, null=True, verbose_name="metadata as sent, where they are no text"
            ),
        ),
        migrations.AddField(
            model_name="sensor",
            name="properties",
            field=models.JSONField(blank=True, default=dict, verbose_name="properties"),
        ),
        migrations.AlterField(
            model_name="datastream",
            name="duplicates",
            field=models.CharField(
                choices=[
                    ("ignore", "keep the first"),
                    ("replace", "take the newer"),
                    ("reject", "put it into quarantine"),
                    ("keep", "keep both"),
                ],
                default="ignore",
                max_length=10,
                verbose_name="repeated time",
            ),
        ),
        migrations.AlterField(
            model_name="latestobservation",
            name="result",
            field=models.FloatField(null=True, verbose_name="result"),
        ),
        migrations.AlterField(
            model_name="observedproperty",
            name="definition",
            field=models.CharField(blank=True, max_length=2000, verbose_name="definition"),
        ),
        migrations.AlterField(
            model_name="sensor",
            name="source",
            field=models.CharField(blank=True, max_length=100, verbose_name="source"),
        ),
        migrations.AddConstraint(
            model_name="sensor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source", ""), _negated=True),
                fields=("source", "name"),
                name="sensor_source_name",
            ),
        ),
        migrations.AddIndex(
            model_name="entityversion",
            index=models.Index(fields=["entity", "entity_id", "valid_from"], name="entity_version_of"),
        ),
        migrations.AddIndex(
            model_name="entityversion",
            index=models.Index(fields=["entity", "valid_from"], name="entity_version_at"),
        ),
        migrations.AddIndex(
            model_name="entityversion",
            index=models.Index(fields=["valid_to"], name="entity_version_end"),
        ),
        migrations.AddField(
            model_name="historicallocation",
            name="thing",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="historical_locations",
                to="observations.thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(fields=("principal", "key"), name="idempotency_principal_key"),
        ),
        migrations.AddField(
            model_name="historicallocation",
            name="locations",
            field=models.ManyToManyField(related_name="historical_locations", to="observations.location"),
        ),
        migrations.AddField(
            model_name="thing",
            name="locations",
            field=models.ManyToManyField(blank=True, related_name="things", to="observations.location"),
        ),
        migrations.AddField(
            model_name="multicomponent",
            name="datastream",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="components",
                to="observations.datastream",
            ),
        ),
        migrations.AddField(
            model_name="multicomponent",
            name="observed_property",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="multi_components",
                to="observations.observedproperty",
            ),
        ),
        migrations.AddIndex(
            model_name="historicallocation",
            index=models.Index(fields=["thing", "time"], name="historical_location_time"),
        ),
        migrations.AddConstraint(
            model_name="multicomponent",
            constraint=models.UniqueConstraint(
                fields=("datastream", "position"), name="multi_component_position"
            ),
        ),
    ]
