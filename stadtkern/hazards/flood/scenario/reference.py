"""The page of reference about scenarios, made from the tables themselves.

`python -m stadtkern.hazards.flood.scenario.reference` prints it; `docs/reference/flood-scenario.md` is it.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

from stadtkern.hazards.flood.scenario.kinds import shown
from stadtkern.hazards.flood.scenario.model import TABLES
from stadtkern.hazards.flood.scenario.read import is_required, key_name

TEMPLATE = Path(__file__).parent / "reference.md"


def page() -> str:
    """Return the whole page."""
    tables = [section(name, table, repeated=repeated) for name, (table, repeated) in TABLES.items()]
    return TEMPLATE.read_text(encoding="utf-8").replace("<!-- tables -->\n", "\n".join(tables))


def section(name: str, table: type[Any], *, repeated: bool) -> str:
    """Return the part about one table."""
    title = f"[[{name}]]" if repeated else f"[{name}]"
    lines = [
        f"## `{title}`\n",
        (table.__doc__ or "").strip(),
        "",
        "| key | meaning | allowed | default |",
        "|---|---|---|---|",
    ]
    lines += [row(field) for field in dataclasses.fields(table)]
    return "\n".join(lines) + "\n"


def row(field: "dataclasses.Field[Any]") -> str:
    """Return the line about one key."""
    unit = f" ({field.metadata['unit']})" if field.metadata["unit"] else ""
    if is_required(field):
        default = "**needed**"
    elif field.default in (None, "", ()):
        default = ""
    else:
        value = list(field.default) if isinstance(field.default, tuple) else field.default
        default = f"`{str(value).lower() if isinstance(value, bool) else shown(value)}`"
    cells = (
        f"`{key_name(field)}`",
        f"{field.metadata['doc']}{unit}",
        field.metadata["kind"].allowed,
        default,
    )
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
