"""Reading a scenario: from a TOML file to checked tables."""

import dataclasses
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stadtkern.hazards.flood.errors import BadKey, BadScenario
from stadtkern.hazards.flood.scenario.kinds import shown
from stadtkern.hazards.flood.scenario.model import TABLES, Scenario

LARGEST = 10_000_000
REQUIRED = ("terrain", "time")


def read_scenario(path: Path) -> Scenario:
    """Read and check the scenario in the file `path`.

    Raises
    ------
    BadScenario
        if the file is missing or no TOML, or a key is unknown, missing or has a value that is not allowed:
        one line for each problem, with file, key and allowed values.
    """
    return scenario_of(document_of(path), path)


def document_of(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file as they stand there."""
    try:
        if path.stat().st_size > LARGEST:
            raise BadScenario(
                f"{path}: is larger than {LARGEST // 1_000_000} MB; allowed: a scenario in TOML"
            )
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadScenario(f"{path}: cannot be read ({error}); allowed: a scenario in TOML") from error


def scenario_of(document: Mapping[str, Any], path: Path) -> Scenario:
    """Return the checked scenario of a parsed document, the content of the file `path`."""
    tables: dict[str, Any] = {}
    problems = [
        f"{path}: [{name}]: there is no such table{like(name, list(TABLES))}; allowed: {', '.join(TABLES)}"
        for name in document
        if name not in TABLES
    ]
    for name, (table, repeated) in TABLES.items():
        if name in document:
            tables[name] = several(table, name, document[name], path, problems, repeated=repeated)
        elif name in REQUIRED:
            problems.append(
                f"{path}: [{name}]: the table is missing; allowed: [{name}] with {', '.join(keys_of(table))}"
            )
    if tables.get("terrain") and bool(tables["terrain"].raster) == bool(tables.get("tile")):
        problems.append(
            f"{path}: [terrain] raster: allowed: either raster in [terrain] or tables [[tile]], one of both"
        )
    problems += repeated_names(tables, path)
    if problems:
        raise BadScenario("\n".join(problems))
    return Scenario(path=path, **tables)


def repeated_names(tables: Mapping[str, Any], path: Path) -> list[str]:
    """Return a problem for every name that two gauges or two sections share."""
    problems = []
    for kind in ("gauge", "section"):
        names = [table.name for table in tables.get(kind, ()) if table]
        problems += [
            f"{path}: [[{kind}]] name: {shown(name)} is there {names.count(name)} times; allowed: names "
            "that differ"
            for name in sorted(set(names))
            if names.count(name) > 1
        ]
    return problems


def several(  # noqa: PLR0913  # what a message names
    table: type[Any], name: str, value: object, path: Path, problems: list[str], *, repeated: bool
) -> Any:  # noqa: ANN401  # one table or a tuple of tables
    """Return one table, or a tuple of them where it may be repeated; what is wrong is added to `problems`."""
    if not repeated:
        if not isinstance(value, Mapping):
            problems.append(f"{path}: [{name}]: is not one table; allowed: [{name}] once")
            return None
        return one(table, value, f"{path}: [{name}]", path.parent, problems)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        problems.append(f"{path}: [{name}]: is not a list of tables; allowed: [[{name}]], as often as needed")
        return ()
    return tuple(
        one(table, item, f"{path}: [[{name}]] {number}", path.parent, problems)
        for number, item in enumerate(value, 1)
    )


def one(table: type[Any], values: Mapping[str, Any], where: str, folder: Path, problems: list[str]) -> Any:  # noqa: ANN401  # an instance of `table`
    """Return one checked table; what is wrong is added to `problems`."""
    before = len(problems)
    fields = {key_name(f): f for f in dataclasses.fields(table)}
    problems += [
        f"{where} {name}: there is no such key{like(name, list(fields))}; allowed: {', '.join(fields)}"
        for name in values
        if name not in fields
    ]
    checked: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in values:
            if is_required(field):
                problems.append(f"{where} {name}: is missing; allowed: {field.metadata['kind'].allowed}")
            continue
        try:
            checked[field.name] = field.metadata["kind"](values[name], folder)
        except BadKey as error:
            problems.append(f"{where} {name}: {error}")
    if len(problems) > before:
        return None
    made = table(**checked)
    try:
        if hasattr(made, "check"):
            made.check()
    except BadKey as error:
        problems.append(f"{where} {error}")
    return made


def key_name(field: "dataclasses.Field[Any]") -> str:
    """Return the name of a key in the file; names that Python reserves end in an underscore in the class."""
    return field.name.rstrip("_")


def keys_of(table: type[Any]) -> list[str]:
    """Return the names of the keys of a table."""
    return [key_name(field) for field in dataclasses.fields(table)]


def is_required(field: "dataclasses.Field[Any]") -> bool:
    """Tell whether a key must be given."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def like(name: str, known: list[str]) -> str:
    """Return a hint at a known name that is spelt similarly."""
    found = get_close_matches(str(name), known, n=1)
    return f" (did you mean {shown(found[0])}?)" if found else ""
