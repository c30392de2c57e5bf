"""A point in time, stored as narrowly as each database allows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(time: datetime) -> int:
    """Return the whole microseconds since 1970 of the aware `time`."""
    return (time - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    """Return the time that lies `value` microseconds after 1970, aware, in UTC."""
    return EPOCH + timedelta(microseconds=value)


class InstantField(models.Field):  # type: ignore[type-arg]  # django-stubs: generic only in stubs
    """An aware time: integer microseconds on SQLite (8 bytes, sorted), timestamptz on PostgreSQL.

    It knows comparisons only; calendar arithmetic belongs to `queries`, which knows the zone.
    """

    description = _("Point in time")

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the type of the column."""
        return "timestamp with time zone" if connection.vendor == "postgresql" else "integer"

    def to_python(self, value: object) -> datetime | None:
        """Return `value` as an aware time; texts are read as ISO 8601."""
        if value is None:
            return None
        time = value if isinstance(value, datetime) else parse_datetime(str(value))
        if time is None or time.tzinfo is None:
            raise ValidationError(_("Write the time with its zone, such as 2026-01-31T12:00:00Z."))
        return time

    def get_prep_value(self, value: Any) -> datetime | None:  # noqa: ANN401
        """Return the aware time to store."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(  # Django's signature
        self,
        value: Any,  # noqa: ANN401
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002
    ) -> object:
        """Return what the database driver takes."""
        time = value if prepared else self.get_prep_value(value)
        return time if time is None or connection.vendor == "postgresql" else micros(time)

    def from_db_value(self, value: Any, _expression: object, _connection: object) -> datetime | None:  # noqa: ANN401
        """Return the stored time, aware, in UTC."""
        if isinstance(value, int):
            return instant(value)
        return value.astimezone(UTC) if value is not None else None

    def value_to_string(self, obj: models.Model) -> str:
        """Return the time for serialisers."""
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()

    def formfield(self, **kwargs: Any) -> forms.Field | None:  # noqa: ANN401
        """Return the form field of a date and time."""
        return super().formfield(**{"form_class": forms.DateTimeField, **kwargs})
