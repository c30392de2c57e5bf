"""Charts of tables: what fits the columns, what the address asks for, and the data of the picture."""

from stadtkern.catalogue.charts.data import Figure, figure
from stadtkern.catalogue.charts.spec import Spec, choices, spec_of

__all__ = ["Figure", "Spec", "choices", "figure", "spec_of"]
