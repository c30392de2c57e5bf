"""Scenarios: what is allowed, and what a person is told otherwise."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stadtkern.hazards.flood.conftest import MakeScenario, WriteRaster
from stadtkern.hazards.flood.errors import BadScenario
from stadtkern.hazards.flood.scenario.model import TABLES
from stadtkern.hazards.flood.scenario.read import keys_of, read_scenario, scenario_of

SCENARIO = Path("scenario.toml")


@pytest.fixture(autouse=True)
def dem(write_raster: WriteRaster) -> Path:
    """Have a terrain and a series."""
    path = write_raster([[1.0, 2.0], [3.0, 4.0]])
    (path.parent / "q.csv").write_text("time,value\n0,1\n100,1\n")
    (path.parent / "area.geojson").write_text("{}")
    return path


def test_the_scenario_of_the_contract_is_read(tmp_path: Path, write_raster: WriteRaster) -> None:
    """All keys of the contract, as other programs write them."""
    write_raster([[0.1, 0.1], [0.1, 0.1]], "h0.tif")
    path = tmp_path / "scenario.toml"
    path.write_text("""
        [terrain]
        raster = "dem.tif"
        [roughness]
        mannings_n = 0.033
        [initial]
        depth = "h0.tif"
        velocity_x = 0.5
        [time]
        end = "6h"
        output = [600.0, 3600]
        [solver]
        scheme = "hllc"
        order = 2
        precision = "float32"
        cfl = 0.4
        [[boundary]]
        edge = "west"
        kind = "discharge"
        series = "q.csv"
        span = [0, 10]
        [[inflow]]
        x = 0.0
        y = 0.0
        series = "q.csv"
        [[inflow]]
        polygon = "area.geojson"
        value = 1
        [[rain]]
        value = 60.0
        [[gauge]]
        name = "P1"
        x = 10.0
        y = 20.0
    """)
    scenario = read_scenario(path)
    assert scenario.time.end == 21_600
    assert scenario.time.output == (600.0, 3600.0)
    assert scenario.initial.depth == tmp_path / "h0.tif"
    assert (scenario.solver.order, scenario.solver.precision) == (2, "float32")
    assert scenario.boundary[0].span == (0.0, 10.0)
    assert scenario.inflow[1].polygon == tmp_path / "area.geojson"
    assert scenario.gauge[0].name == "P1"


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"solver": {"scheme": "hll"}}, r'\[solver\] scheme: "hll" is not allowed; allowed: "hllc", "local_inertial"'),
        ({"solver": {"order": True}}, r"\[solver\] order: True is not allowed; allowed: 1, 2"),
        ({"solver": {"scheme": "local_inertial", "order": 2}}, r"\[solver\] order: 2 has no meaning"),
        ({"solver": {"cfl": 0.9}}, r"\[solver\] cfl: 0.9 is not allowed; allowed: a number > 0 and <= 0.5"),
        ({"roughness": {"mannings_n": -0.03}}, r"\[roughness\] mannings_n: -0.03 is not allowed; allowed: a number >= 0"),
        ({"roughness": {"mannings_n": "n.tif"}}, r'\[roughness\] mannings_n: "n.tif" does not exist'),
        ({"roughness": {"manning_n": 0.03}}, r'manning_n: there is no such key \(did you mean "mannings_n"\?\)'),
        ({"initial": {"depth": 1.0, "level": 2.0}}, r"\[initial\] level: depth and level are given; allowed: at most one"),
        ({"time": {"end": "6x"}}, r'\[time\] end: "6x" is not allowed; allowed: seconds > 0'),
        ({"time": {"end": float("nan")}}, r"\[time\] end: nan is not allowed"),
        ({"time": {"end": 10.0, "output": [5.0, 5.0]}}, r"\[time\] output: .* does not increase"),
        ({"time": {"end": 10.0, "output": [50.0]}}, r"\[time\] output: 50 s lies after the end"),
        ({"time": {}}, r"\[time\] end: is missing; allowed: seconds > 0"),
        ({"boundary": [{"edge": "up"}]}, r'\[\[boundary\]\] 1 edge: "up" is not allowed; allowed: "west", "east"'),
        ({"boundary": [{"edge": "west", "kind": "level"}]}, r"\[\[boundary\]\] 1 value: none of them is given"),
        ({"boundary": [{"edge": "west", "kind": "open", "value": 1}]}, r"value: has no meaning for kind open"),
        ({"boundary": [{"edge": "west", "kind": "normal_depth", "value": 0}]}, r"value: 0 is no slope"),
        ({"boundary": {"edge": "west"}}, r"\[boundary\]: is not a list of tables; allowed: \[\[boundary\]\]"),
        ({"inflow": [{"x": 1.0, "value": 2.0}]}, r"\[\[inflow\]\] 1 y: is missing"),
        ({"inflow": [{"x": 1.0, "y": 1.0, "value": 2, "series": "q.csv"}]}, r"series: both value and series are given"),
        ({"rain": [{"value": -1.0}]}, r"\[\[rain\]\] 1 value: -1.0 is not allowed; allowed: a number >= 0"),
        ({"rain": [{"storm": "euler2", "duration": 3600, "depth": 30.0}]}, r"depths: an Euler storm needs"),
        ({"rain": [{"storm": "block", "depth": 30.0}]}, r"duration: is missing for the storm"),
        ({"infiltration": {"model": "green_ampt", "conductivity": 1}}, r"suction: is missing for model green_ampt"),
        ({"infiltration": {"model": "constant", "rate": 1, "deficit": 0.1}}, r"deficit: has no meaning"),
        ({"gauge": [{"name": "a", "x": 1, "y": 1}] * 2}, r'\[\[gauge\]\] name: "a" is there 2 times'),
        ({"hazard": {"classes": "own"}}, r"\[hazard\] classes: does not fit to own bounds"),
        ({"bridge": [{"line": [[0, 0], [1, 1]], "underside": 3, "deck": 2}]}, r"deck: 2 is not above the underside"),
        ({"wether": {}}, r'\[wether\]: there is no such table \(did you mean "weather"|\[wether\]: there is no such table'),
        ({"terrain": 5}, r"\[terrain\]: is not one table"),
        ({"terrain": {}}, r"\[terrain\] raster: allowed: either raster in \[terrain\] or tables \[\[tile\]\]"),
        ({"terrain": {"raster": "dem.tif", "bounds": [1, 2, 0, 3]}}, r"bounds: .* enclose nothing"),
    ],
)  # fmt: skip
def test_a_message_names_file_key_and_allowed_values(
    make_scenario: MakeScenario, tables: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadScenario, match=message) as error:
        make_scenario(**tables)
    assert str(error.value).startswith(str(error.value).partition("scenario.toml")[0] + "scenario.toml: ")


def test_all_problems_are_told_at_once(make_scenario: MakeScenario) -> None:
    """A person mends them in one go."""
    with pytest.raises(BadScenario) as error:
        make_scenario(solver={"order": 3, "cfl": 2}, time={"end": 0})
    assert len(str(error.value).splitlines()) == 3


@pytest.mark.parametrize("body", [b"", b"[terrain", b"\xff\xfe", b"a = 1\x00"])
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(body)
    with pytest.raises(BadScenario, match=re.escape(str(path))):
        read_scenario(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"none\.toml: cannot be read"):
        read_scenario(tmp_path / "none.toml")


ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.datetimes(), st.binary(max_size=5)
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_for_any_key_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever stands in a scenario: a checked scenario comes out, or one clear error."""
    document: dict[str, Any] = {"terrain": {"raster": "dem.tif"}, "time": {"end": 10.0}}
    name = data.draw(st.sampled_from(list(TABLES)))
    table, repeated = TABLES[name]
    values = data.draw(st.dictionaries(st.sampled_from(keys_of(table)), ANYTHING, max_size=5))
    document[name] = [values] if repeated else document.get(name, {}) | values
    try:
        scenario_of(document, tmp_path / "scenario.toml")
    except BadScenario as error:
        assert "scenario.toml" in str(error)  # noqa: PT017  # either way is right
        assert "allowed" in str(error)  # noqa: PT017


def test_the_example_names_every_usual_table() -> None:
    """Nobody has to look for the tables; the braces are filled in when it is written."""
    text = (Path(__file__).parent / "example.toml").read_text(encoding="utf-8")
    known = set(tomllib.loads(re.sub(r"\{[^}]*\}", "1", text)))
    assert known <= set(TABLES)
    assert known >= {
        "terrain",
        "roughness",
        "initial",
        "time",
        "solver",
        "boundary",
        "inflow",
        "rain",
        "gauge",
    }
