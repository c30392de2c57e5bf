"""The query language of OData 4 as SensorThings uses it: text in, frozen dataclasses out, and back.

Nothing here knows entities or databases. `parse_resource` reads the path of an address, `parse_query` the
options behind it; both raise `QueryError` for whatever is no query, or is larger than `Limits` allow.
"""

from stadtkern.base.odata.errors import QueryError
from stadtkern.base.odata.limits import Limits
from stadtkern.base.odata.options import decode, parse_query
from stadtkern.base.odata.parser import parse_expression
from stadtkern.base.odata.paths import parse_resource
from stadtkern.base.odata.render import render_expression, render_query, render_resource

__all__ = [
    "Limits",
    "QueryError",
    "decode",
    "parse_expression",
    "parse_query",
    "parse_resource",
    "render_expression",
    "render_query",
    "render_resource",
]
