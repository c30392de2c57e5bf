"""The finished document against the rules as SHACL; the libraries are loaded only when somebody asks."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rdflib import Graph

SHAPES = Path(__file__).parent / "shapes.ttl"
Severity = Literal["violation", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a document does not keep to."""

    severity: Severity
    focus: str
    """Name of the resource; a blank node's is of no use to anybody."""
    path: str
    value: str
    message: str


@lru_cache(maxsize=1)
def _shapes() -> "Graph":
    from rdflib import Graph  # noqa: PLC0415  # 40 MB that most processes never need

    return Graph().parse(SHAPES, format="turtle")


def check(document: str | bytes, *, form: str = "turtle") -> list[Result]:
    """Return what a document does not keep to, violations first.

    Parameters
    ----------
    form
        as rdflib calls it: `turtle`, `xml`, `json-ld`.

    Raises
    ------
    ValueError
        if the document cannot be read.
    """
    from rdflib import Graph  # noqa: PLC0415

    graph = Graph()
    try:
        graph.parse(data=document, format=form)
    except Exception as error:  # each parser of rdflib has errors of its own
        raise ValueError(f"The document cannot be read: {error}") from error
    return check_graph(graph)


def check_graph(graph: "Graph") -> list[Result]:
    """Return what a graph does not keep to, violations first."""
    from pyshacl import validate  # noqa: PLC0415
    from rdflib.namespace import SH  # noqa: PLC0415

    _conforms, report, _text = validate(graph, shacl_graph=_shapes(), inference="none", advanced=False)
    kinds: dict[object, Severity] = {SH.Violation: "violation", SH.Warning: "warning"}
    found = [
        Result(
            kinds.get(report.value(one, SH.resultSeverity), "info"),
            str(report.value(one, SH.focusNode)),
            str(report.value(one, SH.resultPath) or ""),
            str(report.value(one, SH.value) or ""),
            str(report.value(one, SH.resultMessage) or ""),
        )
        for one in report.subjects(SH.resultSeverity, None)
    ]
    order = {"violation": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda one: (order[one.severity], one.focus, one.path, one.message))
