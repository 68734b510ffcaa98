"""What the microscope's numbers say: names of the rules, marks of the panes, the gate in a sentence and in rows."""

from __future__ import annotations

from dataclasses import dataclass

from dcsm_viewer.core.settings import BackwardMode
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.queries.gradient_query import MODES, Gate, GateChannel, GradientAnswer, LayerGradient

RULES: dict[BackwardMode, str] = {"gradient": "plain", "deconvnet": "deconvnet", "guided": "guided"}
RULE_HELP: dict[BackwardMode, str] = {
    "gradient": "A ReLU lets a derivative through where its input was above 0 on the way up.",
    "deconvnet": "A ReLU lets a derivative through where the derivative itself is above 0 (Zeiler & Fergus 2014).",
    "guided": "A ReLU lets a derivative through where both hold (Springenberg et al. 2015).",
}
INVITATION = "Click a unit in one of the maps to see what the next ReLU makes of the derivative there."
HIDDEN = "?"
_SHORT = {"deconvnet": "deconv"}


@dataclass(frozen=True, slots=True)
class GateRow:
    """One channel as the cells of a table, and the same in one sentence."""

    cells: tuple[str, ...]
    words: str


def columns() -> tuple[str, ...]:
    return ("ch.", "input", "gate", *(_SHORT.get(name, name) for name in RULES.values()))


def layer_sentence(known: GradientAnswer, index: int) -> str:
    """Which layer, how far back, how large; and how the rules differ in size there."""
    layer = known.layers[index]
    where = "the network input" if index == len(known.layers) - 1 else f"step {index + 1} of {len(known.layers)} back"
    found = {mode: maps[layer] for mode, maps in known.gradients.items()}
    if not found:
        return f"{layer}, {where}."
    any_of = next(iter(found.values()))
    rows, cols = any_of.largest.shape
    return f"{layer}, {where}: {any_of.channels} channels of {rows} × {cols} units; colours show the largest |w|."


def title(mode: BackwardMode, gradient: LayerGradient | None) -> str:
    return RULES[mode] if gradient is None else f"{RULES[mode]} · ‖w‖ {short(gradient.norm)}"


def mark(gradient: LayerGradient) -> str:
    """Share of the values that are above 0, and of those that are 0 where there are any."""
    zero = f", {100 * gradient.zero:.0f} % = 0" if gradient.zero >= 0.005 else ""
    return f"{100 * gradient.positive:.0f} % > 0{zero}"


def gate_sentence(gate: Gate) -> str:
    unit = gate.unit
    if not gate.count:
        return "This is the network input: no ReLU lies behind it."
    through = ", ".join(f"{RULES[mode]} {100 * gate.passed[mode]:.0f} %" for mode in MODES)
    return (
        f"Unit ({unit.row}, {unit.col}) of {unit.layer}; next comes the {gate.name}: {gate.count} channels, "
        f"{100 * gate.open_share:.0f} % open on the way up. Let through: {through}."
    )


def row_of(channel: GateChannel, *, is_hidden: bool) -> GateRow:
    """Numbers always; what became of them only where nothing is left to predict."""
    gate = HIDDEN if is_hidden else ("open" if channel.is_open else "closed")
    cells = [str(channel.channel), _signed(channel.activation), gate]
    words = [f"channel {channel.channel}", f"before the ReLU {_signed(channel.activation)}", f"gate {gate}"]
    for mode, name in RULES.items():
        sign = HIDDEN if is_hidden else ("✓" if channel.passes(mode) else "✗")
        cells.append(f"{sign} {_signed(channel.incoming[mode])}")
        fate = "not revealed" if is_hidden else "passes" if channel.passes(mode) else "blocked"
        words.append(f"{name}: {_signed(channel.incoming[mode])} arrives, {fate}")
    return GateRow(tuple(cells), ", ".join(words))


def _signed(value: float) -> str:
    return short(value).replace("-", "−") if value < 0 else short(value)
