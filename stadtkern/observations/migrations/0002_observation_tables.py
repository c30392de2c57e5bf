"""The two big tables, laid out by hand: clustered by key on SQLite, partitioned by month on PostgreSQL."""

import django.db.models.deletion
import stadtkern.observations.fields
from django.db import migrations, models

SQLITE = (
    """CREATE TABLE observations_observation (
        datastream_id integer NOT NULL,
        phenomenon_time integer NOT NULL,
        result real NOT NULL,
        quality smallint NOT NULL,
        checks smallint NOT NULL,
        result_time integer NULL,
        PRIMARY KEY (datastream_id, phenomenon_time)
    ) WITHOUT ROWID""",
    """CREATE TABLE observations_rollup (
        datastream_id integer NOT NULL,
        width smallint NOT NULL,
        start integer NOT NULL,
        count integer NOT NULL,
        total real NOT NULL,
        squares real NOT NULL,
        minimum real NOT NULL,
        maximum real NOT NULL,
        PRIMARY KEY (datastream_id, width, start)
    ) WITHOUT ROWID""",
)
POSTGRESQL = (
    """CREATE TABLE observations_observation (
        datastream_id bigint NOT NULL,
        phenomenon_time timestamp with time zone NOT NULL,
        result double precision NOT NULL,
        quality smallint NOT NULL,
        checks smallint NOT NULL,
        result_time timestamp with time zone NULL,
        PRIMARY KEY (datastream_id, phenomenon_time)
    ) PARTITION BY RANGE (phenomenon_time)""",
    "CREATE TABLE observations_observation_rest PARTITION OF observations_observation DEFAULT",
    """CREATE TABLE observations_rollup (
        datastream_id bigint NOT NULL,
        width smallint NOT NULL,
        start timestamp with time zone NOT NULL,
        count integer NOT NULL,
        total double precision NOT NULL,
        squares double precision NOT NULL,
        minimum double precision NOT NULL,
        maximum double precision NOT NULL,
        PRIMARY KEY (datastream_id, width, start)
    )""",
)


def create(apps, editor):
    for statement in POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement, params=None)


def drop(apps, editor):
    editor.execute("DROP TABLE observations_observation", params=None)
    editor.execute("DROP TABLE observations_rollup", params=None)


class Migration(migrations.Migration):
    dependencies = [("observations", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[
                migrations.CreateModel(
                    name="Observation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "datastream_id",
                                "phenomenon_time",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("phenomenon_time", stadtkern.observations.fields.InstantField(verbose_name="time")),
                        ("result", models.FloatField(verbose_name="result")),
                        (
                            "quality",
                            models.SmallIntegerField(
                                choices=[
                                    (1, "good"),
                                    (2, "not evaluated"),
                                    (3, "questionable"),
                                    (4, "bad"),
                                    (9, "missing"),
                                ],
                                verbose_name="quality",
                            ),
                        ),
                        ("checks", models.SmallIntegerField(default=0, verbose_name="failed tests")),
                        (
                            "result_time",
                            stadtkern.observations.fields.InstantField(null=True, verbose_name="known since"),
                        ),
                        (
                            "datastream",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="observations",
                                to="observations.datastream",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["datastream_id", "phenomenon_time"],
                    },
                ),
                migrations.CreateModel(
                    name="Rollup",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "datastream_id",
                                "width",
                                "start",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "width",
                            models.SmallIntegerField(choices=[(15, "Quarter"), (60, "Hour"), (1440, "Day")]),
                        ),
                        ("start", stadtkern.observations.fields.InstantField()),
                        ("count", models.IntegerField()),
                        ("total", models.FloatField()),
                        ("squares", models.FloatField()),
                        ("minimum", models.FloatField()),
                        ("maximum", models.FloatField()),
                        (
                            "datastream",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rollups",
                                to="observations.datastream",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["datastream_id", "width", "start"],
                    },
                ),
            ],
        ),
    ]
