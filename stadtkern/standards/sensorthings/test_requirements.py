"""What the landing document promises, `docs/reference/sensorthings.md` proves by tests that exist."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from stadtkern.base.odata.functions import FUNCTIONS
from stadtkern.base.odata.nodes import Operator
from stadtkern.standards.sensorthings.landing import REQUIREMENTS
from stadtkern.standards.sensorthings.test_filter import OBSERVATIONS, OTHERS, THINGS

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "reference" / "sensorthings.md"
ROW = re.compile(r"^\| `(?P<name>[a-z-]+/[a-z/-]+)` \| (?P<tests>.*) \|$", re.MULTILINE)
ROWS = {row["name"]: re.findall(r"`([^`]+)`", row["tests"]) for row in ROW.finditer(PAGE.read_text("utf-8"))}


def _names(file: str) -> set[str]:
    tree = ast.parse((HERE / file).read_text("utf-8"))
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}


def test_page_and_landing_document_name_the_same() -> None:
    assert list(ROWS) == list(REQUIREMENTS)


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_tests_of_a_requirement_exist(name: str) -> None:
    assert ROWS[name]
    for test in ROWS[name]:
        file, _mark, function = test.partition("::")
        assert function in _names(file), test


@pytest.mark.parametrize("name", [*FUNCTIONS, *get_args(Operator), "not"])
def test_every_operator_and_function_is_asked_for(name: str) -> None:
    examples = [*(one[0] for one in THINGS), *(one[0] for one in OBSERVATIONS), *(one[1] for one in OTHERS)]
    asked = " ".join(examples)
    end = r"\(" if name in FUNCTIONS else r"\s"
    assert re.search(rf"(^|[\s(,:]){re.escape(name)}{end}", asked), f"no example asks for {name}"
