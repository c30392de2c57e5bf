"""Which months of which datastreams are in the archive."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stadtkern.observations.fields import InstantField
from stadtkern.observations.models import Datastream, FeatureOfInterest

FOLDER = "archive"
"""Below the data directory."""
MEDIA_TYPE = "application/vnd.apache.parquet"


class ArchiveFile(models.Model):
    """The observations of a datastream of one month (UTC), in a file and no more in the table."""

    datastream = models.ForeignKey(Datastream, on_delete=models.CASCADE, related_name="archive_files")
    start = InstantField(_("start"))
    end = InstantField(_("end"))
    name = models.CharField(_("file"), max_length=200, unique=True)
    """Where the file stands below the archive folder."""
    size = models.BigIntegerField(_("bytes"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    made = InstantField(_("made"))
    rows = models.BigIntegerField(_("observations"))
    first_time = InstantField(_("first time"))
    last_time = InstantField(_("last time"))
    """Of the last end, where observations cover spans."""
    first_result_time = InstantField(_("first known since"), null=True)
    last_result_time = InstantField(_("last known since"), null=True)
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()
    features = models.ManyToManyField(FeatureOfInterest, related_name="+")
    """All features of interest that the file names."""

    class Meta:
        ordering = ["datastream", "start"]
        verbose_name = _("archive file")
        verbose_name_plural = _("archive files")
        constraints = [
            models.UniqueConstraint(fields=["datastream", "start"], name="archive_file_month"),
        ]
        indexes = [models.Index(fields=["last_number", "first_number"], name="archive_file_numbers")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """The file."""
        return folder() / self.name


def folder() -> Path:
    """Return the folder of the archive."""
    return Path(settings.DATA_DIR) / FOLDER
