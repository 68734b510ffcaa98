"""The account of a pixel as lines of a table, and whether it agrees with the maps and labels on show."""

from __future__ import annotations

from dataclasses import dataclass

from dcsm_viewer.core.types import Result
from dcsm_viewer.gui.canvas.result_access import class_name
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.queries.pixel_query import ClassEntry, CrfEntry, LayerEntry, PixelContributions, RivalEntry, ScaleEntry

AGREES = 1e-5
"""How far the account may be from what is on show: float32 sums in another order differ by less."""

COLUMNS = ("entry", "adds", "M", "D", "max D", "αD/max", "evidence")
COLUMN_HELP = (
    "Class, scale, layer, rival: each is made of the lines below. Behind a class: its displayed map, ✓ if it matches.",
    "What the line adds to the one above it. Of a class: the total of all its scales and layers.",
    "The largest |gradient| over the channels, sampled at this pixel as the method does.",
    "M of the class less M of the rival.",
    "The largest D anywhere on the canvas (Caffe: on the layer), by which D is divided.",
    "What goes into tanh.",
    "What the comparison is worth: tanh of it, negatives dropped where the method drops them.",
)


@dataclass(frozen=True, slots=True)
class ContributionRow:
    """One line and those it is the sum of. cells: texts as COLUMNS; class_id: whose colour stands before it.

    key: what it is the line of, whatever its numbers.
    """

    cells: tuple[str, ...]
    class_id: int | None = None
    below: tuple[ContributionRow, ...] = ()
    words: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A number of the account beside the one on show. shown is None where nothing is on show to compare with."""

    value: float
    shown: float | None

    @property
    def residual(self) -> float | None:
        return None if self.shown is None else abs(self.value - self.shown)

    @property
    def holds(self) -> bool:
        return self.residual is not None and self.residual <= AGREES

    @property
    def short_words(self) -> str:
        """`0.954 ✓`."""
        return "" if self.shown is None else f"{short(self.shown)} {'✓' if self.holds else '✗'}"

    @property
    def words(self) -> str:
        """`0.9540 ✓ 3.4e-8`, with ✗ where the two disagree, the number alone where there is nothing to compare."""
        if self.residual is None:
            return "no displayed map"
        return f"{self.shown:.5f} {'✓' if self.holds else '✗'} {short(self.residual)}"


def shown_value(result: Result, class_id: int, row: int, col: int) -> float | None:
    """The class map on show at a pixel; None for a class that has none."""
    if class_id in result.detected_ids:
        return float(result.class_maps[result.detected_ids.index(class_id), row, col])
    focus = result.focus
    if focus is not None and focus.class_id == class_id and focus.class_map is not None:
        return float(focus.class_map[row, col])
    return None


def check_of(result: Result, contributions: PixelContributions, entry: ClassEntry) -> Check:
    row, col = contributions.question.row, contributions.question.col
    return Check(entry.value, shown_value(result, entry.class_id, row, col))


def q_residual(result: Result, contributions: PixelContributions) -> float | None:
    """The largest difference between q of the account and q on show; None where there is no CRF to account for."""
    segmentation, crf = result.segmentation, contributions.crf
    if segmentation is None or segmentation.q is None or crf is None or crf.why_not:
        return None
    shown = segmentation.q[:, contributions.question.row, contributions.question.col]
    return max(abs(float(there) - here) for there, here in zip(shown, crf.q, strict=True))


def lines_of(result: Result, contributions: PixelContributions) -> tuple[ContributionRow, ...]:
    """A line a candidate, best first as the candidates are, with its scales, layers and rivals below it."""
    return tuple(_class_line(result, contributions, entry) for entry in contributions.classes)


def sentence_of(result: Result, contributions: PixelContributions, entry: ClassEntry) -> str:
    """How the total of a class becomes its map, and that the two agree."""
    method = result.request.settings.method
    name = class_name(result, entry.class_id)
    steps = f"{name}: total {short(entry.total)} / largest {short(entry.largest)} = {short(entry.share)}"
    if method.final_tanh:
        steps += f"; tanh({method.alpha:g} · {short(entry.share)}) / tanh {method.alpha:g} = {short(entry.value)}"
    elif entry.share < 0:
        steps += "; below 0, so 0"
    check = check_of(result, contributions, entry)
    if check.residual is None:
        return f"{steps}. Not detected: its value if it were detected at every scale."
    return f"{steps}; displayed {check.words}"


def position_words(contributions: PixelContributions) -> str:
    """Where on the canvas the pixel lies."""
    positions = contributions.samples
    if not positions:
        return ""
    first = f"canvas ({positions[0].row}, {positions[0].col})"
    return (
        first
        if len(positions) == 1
        else f"mean of {len(positions)} canvas pixels from ({positions[0].row}, {positions[0].col})"
    )


def standing_of(result: Result, contributions: PixelContributions) -> str:
    """Where the pixel lies, and whether the account of the classes is that of the maps on show."""
    if not contributions.classes:
        return "No class is a candidate here, so there are no values to show."
    checks = [check_of(result, contributions, entry) for entry in contributions.classes]
    compared = [check for check in checks if check.residual is not None]
    bad = sum(not check.holds for check in compared)
    parts = []
    if bad:
        parts.append(f"✗ {bad} of {len(compared)} values differ from the displayed maps")
    elif compared:
        parts.append(f"✓ {len(compared)} of {len(compared)} values match the displayed maps")
    return " · ".join([*parts, position_words(contributions)])


def _class_line(result: Result, contributions: PixelContributions, entry: ClassEntry) -> ContributionRow:
    name = class_name(result, entry.class_id)
    check = check_of(result, contributions, entry)
    title = (
        f"{name}  {check.short_words}" if entry.detected else f"{name}, as if detected  {check.short_words}".rstrip()
    )
    return ContributionRow(
        (title, short(entry.total), "", "", "", "", ""),
        entry.class_id,
        tuple(_scale_line(result, each) for each in entry.scales),
        sentence_of(result, contributions, entry),
        name,
    )


def _scale_line(result: Result, entry: ScaleEntry) -> ContributionRow:
    title = f"{entry.scale} px" if entry.counts else f"{entry.scale} px (below the threshold)"
    return ContributionRow(
        (title, short(entry.added), "", "", "", "", ""),
        None,
        tuple(_layer_line(result, each) for each in entry.layers),
    )


def _layer_line(result: Result, entry: LayerEntry) -> ContributionRow:
    largest = "" if entry.largest is None else short(entry.largest)
    return ContributionRow(
        (entry.layer, short(entry.added), short(entry.raw), "", largest, "", short(entry.evidence)),
        None,
        tuple(_rival_line(result, each) for each in entry.rivals),
        "" if entry.largest is None else f"tanh(alpha · {short(entry.evidence)} / {largest}) = {short(entry.added)}",
    )


def _rival_line(result: Result, entry: RivalEntry) -> ContributionRow:
    title = "nothing is subtracted" if entry.class_id is None else f"against {class_name(result, entry.class_id)}"
    raw = "" if entry.class_id is None else short(entry.raw)
    scaled = "" if entry.scaled is None else short(entry.scaled)
    return ContributionRow(
        (title, "", raw, short(entry.difference), short(entry.largest), scaled, short(entry.evidence)),
        entry.class_id,
    )


LABEL_COLUMNS = ("label", "-unary", "smoothness", "appearance", "sum", "q before", "q")


def label_rows(result: Result, crf: CrfEntry) -> tuple[tuple[str, ...], ...]:
    """A row a label: -unary, what each kernel says in the last step, their sum, q before and after it."""
    rows = []
    for index, label in enumerate(crf.labels):
        name = "background" if label == 0 else class_name(result, label - 1)
        by_kernel = {kernel.name: kernel.messages[index] for kernel in crf.kernels}
        total = sum(by_kernel.values()) - crf.unary[index]
        messages = [
            f"{by_kernel[kernel]:.4g}" if kernel in by_kernel else "" for kernel in ("smoothness", "appearance")
        ]
        q = [f"{values[index]:.5f}" if values else "" for values in (crf.q_before, crf.q)]
        rows.append((name, f"{-crf.unary[index]:.4g}", *messages, f"{total:.4g}", *q))
    return tuple(rows)
