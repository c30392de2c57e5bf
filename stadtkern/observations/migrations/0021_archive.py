"""Which months are in the archive. Going back needs their rows in the table again."""

import django.db.models.deletion
import stadtkern.observations.fields
from django.db import migrations, models


def refuse_to_lose(apps, editor):
    if apps.get_model("observations", "ArchiveFile").objects.exists():
        raise RuntimeError("Bring the archived months back first: stadtkern archive --bring-back")


class Migration(migrations.Migration):
    dependencies = [
        ("observations", "0020_pictures_of_things"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchiveFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", stadtkern.observations.fields.InstantField(verbose_name="start")),
                ("end", stadtkern.observations.fields.InstantField(verbose_name="end")),
                ("name", models.CharField(max_length=200, unique=True, verbose_name="file")),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("digest", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("made", stadtkern.observations.fields.InstantField(verbose_name="made")),
                ("rows", models.BigIntegerField(verbose_name="observations")),
                ("first_time", stadtkern.observations.fields.InstantField(verbose_name="first time")),
                ("last_time", stadtkern.observations.fields.InstantField(verbose_name="last time")),
                (
                    "first_result_time",
                    stadtkern.observations.fields.InstantField(null=True, verbose_name="first known since"),
                ),
                (
                    "last_result_time",
                    stadtkern.observations.fields.InstantField(null=True, verbose_name="last known since"),
                ),
                ("first_number", models.BigIntegerField()),
                ("last_number", models.BigIntegerField()),
                (
                    "datastream",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="archive_files",
                        to="observations.datastream",
                    ),
                ),
                ("features", models.ManyToManyField(related_name="+", to="observations.featureofinterest")),
            ],
            options={
                "verbose_name": "archive file",
                "verbose_name_plural": "archive files",
                "ordering": ["datastream", "start"],
                "indexes": [
                    models.Index(fields=["last_number", "first_number"], name="archive_file_numbers")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("datastream", "start"), name="archive_file_month")
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, refuse_to_lose),
    ]
