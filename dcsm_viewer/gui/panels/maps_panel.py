"""Which maps are made and added up: scales, layers, the contrast of tanh and how gradients go back."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QVBoxLayout, QWidget

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.parameters import LIMITS, SCALE_PX
from dcsm_viewer.core.types import ModelCard
from dcsm_viewer.gui.panels.candidates_panel import CANDIDATE_FIELDS
from dcsm_viewer.gui.panels.layer_dialog import LayerDialog
from dcsm_viewer.gui.panels.method_choices import MethodChoice
from dcsm_viewer.gui.state.settings_edits import with_field, with_scales
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.check_box_group import CheckBoxGroup
from dcsm_viewer.gui.widgets.form_row import choice_box
from dcsm_viewer.gui.widgets.slider_group import SliderGroup
from dcsm_viewer.gui.widgets.wheel_focus import ignore_wheel_unless_focused

_BASELINES = ("gradcam", "finercam")
_OWN_LAYER = "A baseline has its own layer: the network's last."

# Every number of the method that is not among the candidates: a new one appears here by itself.
_FIELDS = tuple(path for path in LIMITS if path.startswith("method.") and path not in CANDIDATE_FIELDS)


class MapsPanel(QWidget):
    """Ticks for scales and layers, boxes to add one more of each, alpha and canvas as sliders, the backward rule.

    Any layer can be added that a derivative can be taken at, the network input among them.
    """

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._offered: tuple[int, ...] = ()
        self.scales = CheckBoxGroup(3, "Scales", self)
        self.layers = CheckBoxGroup(2, "Layers", self)
        self._custom = QSpinBox(self)
        self._custom.setRange(int(SCALE_PX.low), int(SCALE_PX.high))
        self._custom.setSingleStep(50)
        self._custom.setValue(700)
        self._custom.setSuffix(" px")
        self._custom.setAccessibleName("Scale to add")
        self._custom.setToolTip(f"{SCALE_PX.explanation} Larger finds smaller things and takes longer.")
        ignore_wheel_unless_focused(self._custom)
        self._add = QPushButton("Add scale", self)
        self.more_layers = choice_box({}, self)
        self.more_layers.setAccessibleName("Layer to add")
        self.more_layers.setToolTip("Any other layer of the network, or its input: fine maps come from early layers.")
        self.add_layer = QPushButton("Add layer", self)
        self.all_layers = QPushButton("All layers...", self)
        self.all_layers.setToolTip("Every layer with its kind, channels and stride, to filter and tick.")
        self.layer_dialog: LayerDialog | None = None
        self._backward = MethodChoice(store, "method.attribution", self)
        self._sliders = SliderGroup(store, _FIELDS, self)
        self._lay_out()
        self.scales.ticked.connect(self._on_scales)
        self.layers.ticked.connect(self._on_layers)
        self._add.clicked.connect(self._on_custom)
        self.add_layer.clicked.connect(self._on_layer)
        self.all_layers.clicked.connect(self._on_all_layers)
        store.watch(self._on_state_changed, "settings", "result", "engine")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        method = state.settings.method
        self._offered = tuple(sorted({*self._offered, *PRESETS[method.preset].scales, *method.scales}))
        self.scales.show_choice([(scale, f"{scale} px") for scale in self._offered], method.scales)
        own = method.attribution in _BASELINES
        names, gradient_layers = layer_names(state), gradient_layer_names(state)
        # Added ones stand where the network has them; a preset may look at one the network does not list.
        known = tuple(name for name in gradient_layers if name in names or name in method.layers) or names
        offered = (*(name for name in method.layers if names and name not in known), *known)
        self.layers.show_choice([(name, name) for name in offered], method.layers or names)
        self.layers.setEnabled(not own)
        self._no_layers.setText(_OWN_LAYER if own else "The network names them when it is loaded.")
        self._no_layers.setVisible(own or not names)
        self._show_more(tuple(name for name in gradient_layers if name not in offered), enabled=not own)

    def _show_more(self, names: tuple[str, ...], *, enabled: bool) -> None:
        shown = tuple(self.more_layers.itemText(index) for index in range(self.more_layers.count()))
        if names != shown:
            self.more_layers.clear()
            self.more_layers.addItems(names)
        for widget in (self.more_layers, self.add_layer):
            widget.setEnabled(enabled and bool(names))
        self.all_layers.setEnabled(enabled and bool(gradient_layer_names(self._store.state)))

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)

    def _on_scales(self, scales: tuple[int, ...]) -> None:
        self._store.edit(with_scales(self._store.state.settings, scales))

    def _on_custom(self) -> None:
        settings = self._store.state.settings
        self._store.edit(with_scales(settings, (*settings.method.scales, self._custom.value())))

    def _on_layers(self, layers: tuple[str, ...]) -> None:
        state = self._store.state
        # All of them is (), so that another network gets all of its own.
        wanted = () if layers == layer_names(state) else layers
        self._store.edit(with_field(state.settings, "method.layers", wanted))

    def _on_layer(self) -> None:
        state = self._store.state
        wanted = {self.more_layers.currentText(), *(state.settings.method.layers or layer_names(state))}
        layers = tuple(name for name in gradient_layer_names(state) if name in wanted)
        self._store.edit(with_field(state.settings, "method.layers", layers))

    def _on_all_layers(self) -> None:
        state = self._store.state
        card, method = model_card(state), state.settings.method
        if card is None:
            return
        self._close_layers()
        self.layer_dialog = LayerDialog(card, method.layers or card.layer_names, max(method.scales), self)
        self.layer_dialog.accepted.connect(self._on_dialog_accepted)
        self.layer_dialog.show()

    def _on_dialog_accepted(self) -> None:
        # Another network may have been chosen meanwhile, which has other layers.
        card = model_card(self._store.state)
        if self.layer_dialog is not None and card is not None and card.name == self.layer_dialog.model_name:
            self._on_layers(self.layer_dialog.chosen)

    def _close_layers(self) -> None:
        if self.layer_dialog is not None:
            self.layer_dialog.close()
            self.layer_dialog.deleteLater()
            self.layer_dialog = None

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
        adding_layer = QHBoxLayout()
        adding_layer.addWidget(self.more_layers, 1)
        adding_layer.addWidget(self.add_layer)
        form.addRow(adding_layer)
        form.addRow(self.all_layers)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        column.addLayout(form)
        column.addWidget(self._sliders)
        column.addWidget(self._backward)


def layer_names(state: ViewState) -> tuple[str, ...]:
    """Layers of DCSM in the network that was chosen, () until somebody knows them."""
    card = model_card(state)
    return () if card is None else card.layer_names


def gradient_layer_names(state: ViewState) -> tuple[str, ...]:
    """Every layer maps can be made of, earliest first, () until somebody knows them."""
    card = model_card(state)
    return () if card is None else card.gradient_layers or card.layer_names


def model_card(state: ViewState) -> ModelCard | None:
    """Return what is known of the chosen network, with its table of layers if the engine has listed it."""
    result, model = state.result, state.settings.model
    cards = () if state.engine is None else state.engine.models
    listed = next((card for card in cards if card.name == model), None)
    if result is not None and result.request.settings.model == model and (listed is None or not listed.layers):
        return result.model
    return listed
