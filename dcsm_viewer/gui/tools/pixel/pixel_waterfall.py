"""The waterfall of one class at one pixel: what each scale and layer adds, up to the class map."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.widgets.plot_values import Axis, Chart
from dcsm_viewer.gui.widgets.plot_values import Bar as PlotBar
from dcsm_viewer.queries.pixel_query import ClassEntry
from dcsm_viewer.render.palette import class_colour


@dataclass(frozen=True, slots=True)
class Bar:
    """From `low` to `high` in shares of the class's largest total; `group` is the scale, "" for the two results."""

    name: str
    group: str
    start: float
    end: float
    words: str

    @property
    def is_result(self) -> bool:
        return not self.group


def bars_of(entry: ClassEntry, *, final_tanh: bool) -> tuple[Bar, ...]:
    """A bar a layer under each scale that counts, each where the last one ended; then the sum, then the class map."""
    bars, height = [], 0.0
    unit = entry.largest if entry.largest > 0 else 1.0
    for scale in entry.scales:
        for layer in scale.layers if scale.counts else ():
            end = height + layer.added / unit
            words = f"{layer.layer}, {scale.scale} px: adds {short(layer.added)} to {short(height * unit)}"
            bars.append(Bar(layer.layer, f"{scale.scale} px", height, end, words))
            height = end
    bars.append(Bar("sum", "", 0.0, entry.share, f"total {short(entry.total)} / largest {short(entry.largest)}"))
    last = "after tanh" if final_tanh else "class map"
    bars.append(Bar(last, "", 0.0, entry.value, f"class map {short(entry.value)}"))
    return tuple(bars)


def chart_of(entry: ClassEntry, name: str, *, final_tanh: bool) -> Chart:
    """The bars of one class: layers named below them, scales below these, results with their values."""
    bars = bars_of(entry, final_tanh=final_tanh)
    colour = class_colour(entry.class_id)
    drawn, named, groups, left = [], [], dict[str, tuple[float, float]](), 0.0
    for bar in bars:
        # Room for the words below the results.
        width = max(2.0, len(bars) / 3) if bar.is_result else 1.0
        middle = left + width / 2
        drawn.append(
            PlotBar(bar.name, middle, 0.8 * width, bar.start, bar.end, colour, bar.words, strong=bar.is_result)
        )
        if bar.is_result:
            named.append((middle, f"{bar.name}\n{short(bar.end)}", 0))
        else:
            named.append((middle, _number(bar.name), 1))
            groups[bar.group] = (groups.get(bar.group, (left, left))[0], left + width)
        left += width
    named += [((start + end) / 2, f"\n{group}", 0) for group, (start, end) in groups.items()]
    ends = [bar.end for bar in bars]
    low, high = min(0.0, *ends), max(*ends, 0.01)
    padding = 0.05 * (high - low)
    return Chart(
        f"Waterfall: {name}, {len(bars) - 2} parts, {short(entry.share)}",
        Axis("", 0.0, left, named=tuple(named)),
        Axis(f"{name}: part of its maximum", low - padding if low < 0 else 0.0, high + padding),
        bars=tuple(drawn),
    )


def _number(name: str) -> str:
    """The number at the end of a layer's name ("block14" as "14", "conv5_3" as "5_3"), or the name."""
    found = re.search(r"\d[\d_.]*$", name)
    return name if found is None else found[0]
