"""How much one answer holds."""

DEFAULT = 100
"""Entities of a collection without `$top`, also of an expanded one."""
MOST = 10_000
"""Entities of a collection in one page of JSON, whatever `$top` says; `@iot.nextLink` leads on."""
CHUNK = 5_000
"""Rows that a streamed answer reads at a time."""
