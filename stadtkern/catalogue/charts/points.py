"""The drawing of two numbers against each other: positions and marks, no HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format

from stadtkern.web.charts.draw import TOP, WIDTH, Drawing, Scale, Tick, decimals_of, percent, short, y_ticks
from stadtkern.web.charts.ticks import value_ticks

HEIGHT = 400
BASE = HEIGHT - 28


@dataclass(frozen=True, slots=True)
class Points:
    """Points and the axes around them."""

    axes: Drawing
    dots: Sequence[tuple[str, str]]
    """Percent along x, pixels along y."""


def points_of(pairs: Sequence[tuple[float, float]]) -> Points:
    """Return the drawing of pairs of numbers; points on top of each other are drawn once."""
    across = value_ticks(min(x for x, _y in pairs), max(x for x, _y in pairs), 6)
    upwards = value_ticks(min(y for _x, y in pairs), max(y for _x, y in pairs))
    scale = Scale(across[0], across[-1], upwards[0], upwards[-1], TOP, BASE)
    span = across[-1] - across[0]

    def at(x: float) -> str:
        return percent((x - across[0]) / span * WIDTH)

    digits = decimals_of(across)
    ticks = tuple(
        Tick(
            at(x),
            number_format(x, digits, force_grouping=True),
            "start" if number == 0 else "end" if number == len(across) - 1 else "middle",
            number % 2 == 1,
        )
        for number, x in enumerate(across)
    )
    axes = Drawing(WIDTH, HEIGHT, BASE, y_ticks=y_ticks(upwards, scale), x_ticks=ticks)
    dots = dict.fromkeys((at(x), short(scale.y(y))) for x, y in pairs)
    return Points(axes, list(dots))
