"""The tables of the catalogue."""

from stadtkern.catalogue.models.catalogue import Agent, DatasetSeries, Keyword
from stadtkern.catalogue.models.datasets import Dataset, DatasetQuerySet
from stadtkern.catalogue.models.distributions import DataService, Distribution, DistributionQuerySet
from stadtkern.catalogue.models.versions import FollowUp, Pull, Version, VersionQuerySet
from stadtkern.catalogue.models.views import SavedView

__all__ = [
    "Agent",
    "DataService",
    "Dataset",
    "DatasetQuerySet",
    "DatasetSeries",
    "Distribution",
    "DistributionQuerySet",
    "FollowUp",
    "Keyword",
    "Pull",
    "SavedView",
    "Version",
    "VersionQuerySet",
]
