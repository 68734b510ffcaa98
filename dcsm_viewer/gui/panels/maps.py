"""Which maps are made and added up: scales, layers, the contrast of tanh and how gradients go back."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from dcsm_viewer.gui.edits import with_field, with_scales
from dcsm_viewer.gui.panels.calm_wheel import calm
from dcsm_viewer.gui.panels.labelled import choice_box, labelled, show_choice
from dcsm_viewer.gui.panels.slider_group import SliderGroup
from dcsm_viewer.gui.panels.tick_flow import TickFlow
from dcsm_viewer.gui.state import ViewState
from dcsm_viewer.gui.store import Store
from dcsm_viewer.limits import SCALE_PX
from dcsm_viewer.method_presets import PRESETS

_BACKWARD = {"guided": "Guided", "gradient": "Gradient", "deconvnet": "Deconvnet"}


class MapsPanel(QWidget):
    """Ticks for scales and layers, a box to add a scale, alpha and canvas as sliders, the backward rule."""

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._offered: tuple[int, ...] = ()
        self.scales = TickFlow(3, "Scales", self)
        self.layers = TickFlow(2, "Layers", self)
        self._custom = QSpinBox(self)
        self._custom.setRange(int(SCALE_PX.low), int(SCALE_PX.high))
        self._custom.setSingleStep(50)
        self._custom.setValue(700)
        self._custom.setSuffix(" px")
        self._custom.setAccessibleName("Scale to add")
        self._custom.setToolTip(f"{SCALE_PX.explanation} Larger finds smaller things and takes longer.")
        calm(self._custom)
        self._add = QPushButton("Add scale", self)
        self._backward = choice_box(_BACKWARD, self)
        self._sliders = SliderGroup(store, ("method.alpha", "method.canvas_px"), self)
        self._lay_out()
        self.scales.ticked.connect(self._take_scales)
        self.layers.ticked.connect(self._take_layers)
        self._add.clicked.connect(self._take_custom)
        self._backward.activated.connect(self._take_backward)
        store.changed.connect(self._follow)
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        method = state.settings.method
        self._offered = tuple(sorted({*self._offered, *PRESETS[method.preset].scales, *method.scales}))
        self.scales.show_choice([(scale, f"{scale} px") for scale in self._offered], method.scales)
        names = layer_names(state)
        # A preset may look at a layer that is none of the network's own: its input.
        offered = (*(name for name in method.layers if names and name not in names), *names)
        self.layers.show_choice([(name, name) for name in offered], method.layers or names)
        self._no_layers.setVisible(not names)
        show_choice(self._backward, method.backward)

    def _follow(self, before: ViewState, after: ViewState) -> None:
        same = (before.settings, before.result, before.engine) == (after.settings, after.result, after.engine)
        if not same:
            self.show_state(after)

    def _take_scales(self, scales: tuple[int, ...]) -> None:
        self._store.edit(with_scales(self._store.state.settings, scales))

    def _take_custom(self) -> None:
        settings = self._store.state.settings
        self._store.edit(with_scales(settings, (*settings.method.scales, self._custom.value())))

    def _take_layers(self, layers: tuple[str, ...]) -> None:
        state = self._store.state
        # All of them is (), so that another network gets all of its own.
        wanted = () if layers == layer_names(state) else layers
        self._store.edit(with_field(state.settings, "method.layers", wanted))

    def _take_backward(self, place: int) -> None:
        mode = self._backward.itemData(place)
        self._store.edit(with_field(self._store.state.settings, "method.backward", mode))

    def _lay_out(self) -> None:
        self._no_layers = QLabel("The network names them when it is loaded.", self)
        self._no_layers.setWordWrap(True)
        self._no_layers.setEnabled(False)
        adding = QHBoxLayout()
        adding.addWidget(self._custom, 1)
        adding.addWidget(self._add)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        form.setVerticalSpacing(3)
        form.addRow("Scales", self.scales)
        form.addRow(adding)
        form.addRow("Layers", self.layers)
        form.addRow(self._no_layers)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addLayout(form)
        column.addWidget(self._sliders)
        column.addLayout(
            labelled("Backward", self._backward, "How a ReLU passes gradients back: guided, as they are, or deconvnet.")
        )


def layer_names(state: ViewState) -> tuple[str, ...]:
    """Layers of the network that was chosen, () until somebody knows them."""
    result, model = state.result, state.settings.model
    if result is not None and result.request.settings.model == model:
        return result.model.layer_names
    cards = () if state.engine is None else state.engine.models
    return next((card.layer_names for card in cards if card.name == model), ())
