"""The formula language of virtual series: parser, units, evaluation over columns. No database.

See docs/reference/formulas.md.
"""

from stadtkern.observations.derived.formula.checking import Columns, Program, compile_formula
from stadtkern.observations.derived.formula.dimension import Unit
from stadtkern.observations.derived.formula.parser import FormulaError, names_in, parse
from stadtkern.observations.derived.formula.tables import Curve, Table

__all__ = [
    "Columns",
    "Curve",
    "FormulaError",
    "Program",
    "Table",
    "Unit",
    "compile_formula",
    "names_in",
    "parse",
]
