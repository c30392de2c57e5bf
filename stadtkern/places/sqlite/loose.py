"""Names for objects of Django that its type stubs describe wrongly or not at all."""

from typing import Any, TypeAlias

Connection: TypeAlias = Any
GisLookup: TypeAlias = Any
AnyField: TypeAlias = Any
Node: TypeAlias = Any
"""An expression, a value of a geometry field, or a compiler."""
Params: TypeAlias = Any

Clause: TypeAlias = tuple[str, tuple[Any, ...]]
"""SQL with its parameters."""
