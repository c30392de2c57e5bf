"""The tables of the catalogue."""

from stadtkern.catalogue.models.catalogue import Agent, DatasetSeries, Keyword
from stadtkern.catalogue.models.datasets import Dataset, DatasetQuerySet
from stadtkern.catalogue.models.distributions import DataService, Distribution
from stadtkern.catalogue.models.versions import Pull, Version

__all__ = [
    "Agent",
    "DataService",
    "Dataset",
    "DatasetQuerySet",
    "DatasetSeries",
    "Distribution",
    "Keyword",
    "Pull",
    "Version",
]
