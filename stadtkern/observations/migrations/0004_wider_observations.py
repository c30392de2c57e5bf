"""Observations with all that the standard allows, still narrow: what is empty costs next to nothing.

Rows of a time before this migration get numbers in the order of time. Going back keeps what the former table
could hold: the first number of each time.
"""

import django.db.models.deletion
import stadtkern.observations.fields
from django.db import migrations, models

FORMER = "datastream_id, phenomenon_time, result, quality, checks, result_time"
SQLITE = (
    """CREATE TABLE observations_new (
        datastream_id integer NOT NULL,
        phenomenon_time integer NOT NULL,
        copy smallint NOT NULL DEFAULT 0,
        id integer NOT NULL,
        result real NULL,
        quality smallint NOT NULL,
        checks smallint NOT NULL,
        value text NULL,
        phenomenon_end integer NULL,
        result_time integer NULL,
        valid_from integer NULL,
        valid_to integer NULL,
        parameters text NULL,
        result_quality text NULL,
        feature_id integer NULL,
        PRIMARY KEY (datastream_id, phenomenon_time, copy)
    ) WITHOUT ROWID""",
    f"""INSERT INTO observations_new (id, {FORMER})
        SELECT row_number() OVER (ORDER BY phenomenon_time, datastream_id), {FORMER}
        FROM observations_observation ORDER BY datastream_id, phenomenon_time""",
    "DROP TABLE observations_observation",
    "ALTER TABLE observations_new RENAME TO observations_observation",
    "CREATE UNIQUE INDEX observations_observation_id ON observations_observation (id)",
    "UPDATE observations_change SET numbers = (SELECT coalesce(max(id), 0) FROM observations_observation)",
    """INSERT INTO observations_change (id, version, numbers)
        SELECT 1, 0, max(id) FROM observations_observation
        HAVING max(id) IS NOT NULL ON CONFLICT (id) DO NOTHING""",
)
SQLITE_BACK = (
    """CREATE TABLE observations_old (
        datastream_id integer NOT NULL,
        phenomenon_time integer NOT NULL,
        result real NOT NULL,
        quality smallint NOT NULL,
        checks smallint NOT NULL,
        result_time integer NULL,
        PRIMARY KEY (datastream_id, phenomenon_time)
    ) WITHOUT ROWID""",
    f"""INSERT OR IGNORE INTO observations_old ({FORMER}) SELECT {FORMER} FROM observations_observation
        WHERE result IS NOT NULL ORDER BY datastream_id, phenomenon_time, copy""",
    "DROP TABLE observations_observation",
    "ALTER TABLE observations_old RENAME TO observations_observation",
)
POSTGRESQL = (
    "CREATE SEQUENCE observations_observation_id_seq",
    """ALTER TABLE observations_observation
        ALTER result DROP NOT NULL,
        ADD copy smallint NOT NULL DEFAULT 0,
        ADD id bigint NOT NULL DEFAULT nextval('observations_observation_id_seq'),
        ADD value jsonb NULL,
        ADD phenomenon_end timestamp with time zone NULL,
        ADD valid_from timestamp with time zone NULL,
        ADD valid_to timestamp with time zone NULL,
        ADD parameters jsonb NULL,
        ADD result_quality jsonb NULL,
        ADD feature_id bigint NULL""",
    "ALTER SEQUENCE observations_observation_id_seq OWNED BY observations_observation.id",
    "ALTER TABLE observations_observation DROP CONSTRAINT observations_observation_pkey",
    "ALTER TABLE observations_observation ADD PRIMARY KEY (datastream_id, phenomenon_time, copy)",
    "CREATE INDEX observations_observation_id ON observations_observation (id)",
)
POSTGRESQL_BACK = (
    "DELETE FROM observations_observation WHERE result IS NULL OR copy > 0",
    "ALTER TABLE observations_observation DROP CONSTRAINT observations_observation_pkey",
    """ALTER TABLE observations_observation
        ALTER result SET NOT NULL,
        DROP copy, DROP id, DROP value, DROP phenomenon_end, DROP valid_from, DROP valid_to, DROP parameters,
        DROP result_quality, DROP feature_id""",
    "ALTER TABLE observations_observation ADD PRIMARY KEY (datastream_id, phenomenon_time)",
)
FEATURES = (
    "CREATE INDEX observations_observation_feature ON observations_observation (feature_id, phenomenon_time) "
    "WHERE feature_id IS NOT NULL"
)
STATISTICS = """UPDATE observations_latestobservation SET
    count = (SELECT count(*) FROM observations_observation o
        WHERE o.datastream_id = observations_latestobservation.datastream_id),
    number = coalesce((SELECT o.id FROM observations_observation o
        WHERE o.datastream_id = observations_latestobservation.datastream_id
        AND o.phenomenon_time = observations_latestobservation.phenomenon_time), 0),
    first_time = (SELECT min(o.phenomenon_time) FROM observations_observation o
        WHERE o.datastream_id = observations_latestobservation.datastream_id),
    last_time = phenomenon_time,
    first_result_time = (SELECT min(o.result_time) FROM observations_observation o
        WHERE o.datastream_id = observations_latestobservation.datastream_id),
    last_result_time = (SELECT max(o.result_time) FROM observations_observation o
        WHERE o.datastream_id = observations_latestobservation.datastream_id)"""


def widen(apps, editor):
    statements = POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE
    for statement in (*statements, FEATURES, STATISTICS):
        editor.execute(statement, params=None)


def narrow(apps, editor):
    # what the former rows of the newest values cannot hold
    editor.execute("DELETE FROM observations_latestobservation WHERE result IS NULL", params=None)
    for statement in POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else SQLITE_BACK:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("observations", "0003_sensorthings")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(widen, narrow)],
            state_operations=[
                migrations.AlterModelOptions(
                    name="observation",
                    options={"ordering": ["datastream_id", "phenomenon_time", "copy"]},
                ),
                migrations.AddField(
                    model_name="observation",
                    name="copy",
                    field=models.SmallIntegerField(default=0),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="feature",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="observations",
                        to="observations.featureofinterest",
                    ),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="number",
                    field=models.BigIntegerField(db_column="id"),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="parameters",
                    field=models.JSONField(null=True, verbose_name="parameters"),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="phenomenon_end",
                    field=stadtkern.observations.fields.InstantField(
                        null=True, verbose_name="end of the time"
                    ),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="result_quality",
                    field=models.JSONField(null=True, verbose_name="quality as sent"),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="valid_from",
                    field=stadtkern.observations.fields.InstantField(null=True, verbose_name="valid from"),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="valid_to",
                    field=stadtkern.observations.fields.InstantField(null=True, verbose_name="valid to"),
                ),
                migrations.AddField(
                    model_name="observation",
                    name="value",
                    field=models.JSONField(null=True, verbose_name="result that is no number"),
                ),
                migrations.AlterField(
                    model_name="observation",
                    name="pk",
                    field=models.CompositePrimaryKey(
                        "datastream_id",
                        "phenomenon_time",
                        "copy",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                migrations.AlterField(
                    model_name="observation",
                    name="result",
                    field=models.FloatField(null=True, verbose_name="result"),
                ),
            ],
        ),
    ]
