"""Where things lie."""

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
ROOT = PACKAGE.parent
TOWNS = ROOT / "towns"
