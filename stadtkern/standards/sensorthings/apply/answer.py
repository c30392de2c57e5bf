"""`$apply`."""

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.nodes import Query
from stadtkern.standards.sensorthings.read.context import Context
from stadtkern.standards.sensorthings.read.resource import Target


def applied(target: Target, query: Query, context: Context) -> dict[str, object]:
    """Return the answer to `$apply`."""
    raise QueryError("not yet")
