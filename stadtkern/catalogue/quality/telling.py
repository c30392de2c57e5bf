"""Tells editors what is missing while they write a dataset (`catalogue.advice`)."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from stadtkern.catalogue import advice
from stadtkern.catalogue.models import Dataset, Distribution
from stadtkern.catalogue.quality.findings import findings
from stadtkern.catalogue.quality.links import broken
from stadtkern.catalogue.quality.score import MOST, score

_SAME = {"link": "access-url"}
"""Findings that another word of the points stands for."""


def advise(dataset: Dataset, distributions: Sequence[Distribution]) -> advice.Advice:
    """Return what the rules of DCAT-AP.de say, with the points that each fix brings."""
    dead = broken(distributions)
    points = score(dataset, distributions, broken=dead)
    worth = {step.code: step.points for step in points.steps}
    told = [
        advice.Finding(
            one.field,
            f"{one.message} {one.fix}",
            one.severity,
            worth.pop(_SAME.get(one.code, one.code), 0),
        )
        for one in findings(dataset, distributions, broken=dead)
    ]
    told += [
        advice.Finding(step.field, step.text, "hint", step.points)
        for step in points.steps
        if step.code in worth
    ]
    return advice.Advice(told, points.points, MOST, _("Quality by the measure of the EU (MQA)"))
