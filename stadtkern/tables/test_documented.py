"""Every code that tables use is in the reference, so that it can be given a text."""

import re
from pathlib import Path

HERE = Path(__file__).parent
REFERENCE = HERE.parents[1] / "docs" / "reference" / "tables.md"
CODE = re.compile(r'(?:TableError|Problem|Misfit|Reason)\(\s*"([a-z0-9_]+)"')


def test_every_code_is_described() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    used = {
        code
        for path in HERE.rglob("*.py")
        if not path.name.startswith(("test_", "conftest"))
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    missing = {code for code in used if f"`{code}`" not in text}
    assert not missing
