"""Tables as people save them: looked at, read into Parquet, and asked. No Django.

`survey` says what a file is and proposes how to read it, `ingest` reads it, `Table` answers, `sql` lets
strangers ask.
"""

from stadtkern.tables.model import (
    BBOX,
    GEOMETRY,
    ID,
    KINDS,
    Box,
    Cancelled,
    Column,
    ColumnPlan,
    ColumnSurvey,
    Fact,
    Geocode,
    Geometry,
    GeometryPlan,
    Hints,
    Ingested,
    Kind,
    Meaning,
    Part,
    Plan,
    Problem,
    Progress,
    Reason,
    Reject,
    Survey,
    TableError,
)
from stadtkern.tables.questions import (
    Aggregate,
    Aggregated,
    Bin,
    Bucket,
    ColumnProfile,
    Difference,
    ExportFormat,
    Filter,
    Group,
    Measure,
    Op,
    Order,
    Query,
    RowChange,
    RowsPage,
    SqlLimits,
    SqlResult,
    TopValue,
)
from stadtkern.tables.reading import ingest
from stadtkern.tables.sandbox import sql
from stadtkern.tables.surveying import survey
from stadtkern.tables.table import Table

__all__ = [
    "BBOX", "GEOMETRY", "ID", "KINDS", "Aggregate", "Aggregated", "Bin", "Box", "Bucket", "Cancelled", "Column",  # noqa: E501
    "ColumnPlan", "ColumnProfile", "ColumnSurvey", "Difference", "ExportFormat", "Fact", "Filter", "Geocode",
    "Geometry", "GeometryPlan", "Group", "Hints", "Ingested", "Kind", "Meaning", "Measure", "Op", "Order", "Part",  # noqa: E501
    "Plan", "Problem", "Progress", "Query", "Reason", "Reject", "RowChange", "RowsPage", "SqlLimits", "SqlResult",  # noqa: E501
    "Survey", "Table", "TableError", "TopValue", "ingest", "sql", "survey",
]  # fmt: skip
