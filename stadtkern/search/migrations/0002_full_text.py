from django.db import migrations

from stadtkern.search.backends import postgresql, sqlite


def create(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(sqlite.CREATE)
        schema_editor.execute(sqlite.TRIGGER)
    else:
        schema_editor.execute(postgresql.CREATE)


def drop(apps, schema_editor):
    for statement in sqlite.DROP if schema_editor.connection.vendor == "sqlite" else postgresql.DROP:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
