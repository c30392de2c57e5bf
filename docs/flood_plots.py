"""Draw the solver beside exact solutions for docs/explanation/flood-solver.md, as SVG.

python docs/flood_plots.py
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stadtkern.hazards.flood.solver import Options
from stadtkern.hazards.flood.solver.cases import CHANNELS, run_bowl, run_channel, run_dam
from stadtkern.hazards.flood.solver.exact import Bowl, Floats

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 300, 64, 44, 34
FIRST = Options(device="cpu", threads=1, dry_depth=1e-9, maxima_every=0)
SECOND = Options(device="cpu", threads=1, dry_depth=1e-9, maxima_every=0, order=2)


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its name, values, colour and dashes."""

    name: str
    y: Floats
    colour: str
    dash: str = ""
    width: float = 1.6


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values between two limits, at most `most`."""
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(s * power for s in (1, 2, 5, 10) if (high - low) / (s * power) <= most)
    return [float(each) for each in np.arange(np.ceil(low / step), np.floor(high / step + 1e-9) + 1) * step]


def draw(file: str, title: str, unit: str, x: Floats, lines: Sequence[Line]) -> None:
    """Write a diagram of curves over x (m)."""
    low = min(float(np.nanmin(each.y)) for each in lines)
    high = max(float(np.nanmax(each.y)) for each in lines)
    high += 0.05 * (high - low or 1.0)
    right, top = WIDTH - 12, TOP

    def px(value: float) -> float:
        return LEFT + (value - float(x[0])) / float(x[-1] - x[0]) * (right - LEFT)

    def py(value: float) -> float:
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - top)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="sans-serif" font-size="12"><title>{title}</title>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
            f'<text x="{LEFT}" y="14" font-size="14">{title}</text>'
        )
    ]
    for value in ticks(low, high, 6):
        parts.append(f'<path d="M{LEFT} {py(value):.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{py(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    parts += [
        f'<text x="{px(value):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{value:.3g}</text>'
        for value in ticks(float(x[0]), float(x[-1]), 9)
    ]
    parts.append(
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">m along x; {unit}</text>'
    )
    for number, each in enumerate(lines):
        path = "M" + "L".join(f"{px(a):.1f} {py(b):.1f}" for a, b in zip(x, each.y, strict=True))
        style = (
            f'fill="none" stroke="{each.colour}" stroke-width="{each.width}" stroke-dasharray="{each.dash}"'
        )
        parts.append(f'<path d="{path}" {style}/>')
        at = right - 150 * (len(lines) - number)
        parts.append(f'<path d="M{at} 26h24" {style}/><text x="{at + 28}" y="30">{each.name}</text>')
    (IMAGES / file).write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def compared(exact: Floats, first: Floats, second: Floats, bed: Floats | None = None) -> list[Line]:
    """Return the curves of an exact solution and of both orders."""
    lines = [] if bed is None else [Line("bed", bed, "#8a6d3b", width=1.2)]
    return [
        *lines,
        Line("exact", exact, "#222", width=2.4),
        Line("first order", first, "#c2410c", "6 3"),
        Line("second order", second, "#1d4ed8", "2 2"),
    ]


def dams() -> None:
    """Draw both dam breaks."""
    for choice, file, title in (
        (1, "flood-stoker.svg", "Dam break on a wet bed after 6 s, 400 cells (Stoker)"),
        (2, "flood-ritter.svg", "Dam break on a dry bed after 6 s, 400 cells (Ritter)"),
    ):
        (one, exact), (two, _) = run_dam(choice, 400, FIRST), run_dam(choice, 400, SECOND)
        draw(
            file, title, "depth in m", exact.x, compared(exact.depth, one.state.depth[0], two.state.depth[0])
        )


def channels() -> None:
    """Draw steady flows."""
    for name, file, title in (
        ("bump with shock", "flood-bump.svg", "Level over a bump with a jump, 400 cells"),
        ("MacDonald sub- to supercritical", "flood-macdonald.svg", "Depth in a MacDonald channel, 400 cells"),
    ):
        (one, exact), (two, _) = (
            run_channel(CHANNELS[name], 400, FIRST),
            run_channel(CHANNELS[name], 400, SECOND),
        )
        bed = exact.bed if name.startswith("bump") else 0.0 * exact.bed
        lines = compared(exact.depth + bed, one.state.depth[0] + bed, two.state.depth[0] + bed)
        draw(
            file,
            title,
            "level in m" if bed.any() else "depth in m",
            exact.x,
            lines if not bed.any() else [Line("bed", bed, "#8a6d3b"), *lines],
        )


def bowl() -> None:
    """Draw the turning plane in a bowl after one turn, along its middle."""
    shape = Bowl(100)
    (one, exact), (two, _) = run_bowl(shape, "planar", 1, FIRST), run_bowl(shape, "planar", 1, SECOND)
    middle = shape.cells // 2
    x = shape.axes()[0][middle]
    title = "Depth in a bowl after one turn, 100 x 100 cells (Thacker)"
    draw(
        "flood-bowl.svg",
        title,
        "depth in m",
        x,
        compared(exact[middle], one.state.depth[middle], two.state.depth[middle]),
    )


if __name__ == "__main__":
    IMAGES.mkdir(exist_ok=True)
    dams()
    channels()
    bowl()
