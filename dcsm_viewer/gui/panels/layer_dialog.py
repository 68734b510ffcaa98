"""All layers of a network with their kinds, channels and strides, to tick those whose maps are made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.core.layer_memory import gradient_bytes
from dcsm_viewer.core.types import LayerInfo, ModelCard

_COLUMNS = ("Layer", "Kind", "Channels", "Stride")
_SIZE = (620, 520)
MIB = 1 << 20


class LayerDialog(QDialog):
    """Rows in the network's order; `chosen` are the names that are ticked, hidden by the filter or not. Not modal."""

    def __init__(self, card: ModelCard, chosen: Sequence[str], side_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card, self._side_px = card, side_px
        self.model_name = card.name
        self.setModal(False)
        self._known = {layer.name: layer for layer in card.layers}
        self.setWindowTitle(f"Layers of {card.title}")
        self.resize(*_SIZE)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Filter by name or kind")
        self.filter.setAccessibleName("Filter layers")
        self.filter.setClearButtonEnabled(True)
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName("Layers")
        self.tree.setHeaderLabels(_COLUMNS)
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.memory = QLabel(self)
        self.memory.setWordWrap(True)
        self.defaults = QPushButton("Defaults", self)
        self.strides = {stride: QPushButton(f"Stride {stride}", self) for stride in self._strides()}
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._fill(chosen)
        self._lay_out()
        self.filter.textChanged.connect(self._on_filter)
        self.tree.itemChanged.connect(self._on_ticked)
        self.defaults.clicked.connect(lambda: self._tick(card.layer_names))
        for stride, button in self.strides.items():
            button.setToolTip(f"Tick the layers of stride {stride} that the filter shows, and no others.")
            button.clicked.connect(lambda _=False, stride=stride: self._tick(self._of_stride(stride)))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._on_ticked()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Return the names of the ticked layers, earliest first."""
        return tuple(item.text(0) for item in self._items() if item.checkState(0) == Qt.CheckState.Checked)

    def _items(self) -> list[QTreeWidgetItem]:
        found = (self.tree.topLevelItem(row) for row in range(self.tree.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _strides(self) -> list[int]:
        return sorted({layer.stride for layer in self._card.layers})

    def _of_stride(self, stride: int) -> list[str]:
        shown = (item.text(0) for item in self._items() if not item.isHidden())
        return [name for name in shown if name in self._known and self._known[name].stride == stride]

    def _fill(self, chosen: Sequence[str]) -> None:
        for name in self._card.gradient_layers or self._card.layer_names:
            layer = self._known.get(name)
            item = QTreeWidgetItem(self.tree, _row(name, layer))
            for column in (2, 3):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setCheckState(0, Qt.CheckState.Checked if name in chosen else Qt.CheckState.Unchecked)

    def _tick(self, names: Sequence[str]) -> None:
        wanted = set(names)
        for item in self._items():
            item.setCheckState(0, Qt.CheckState.Checked if item.text(0) in wanted else Qt.CheckState.Unchecked)

    def _on_filter(self, text: str) -> None:
        word = text.strip().casefold()
        for item in self._items():
            item.setHidden(word not in item.text(0).casefold() and word not in item.text(1).casefold())

    def _on_ticked(self) -> None:
        names = self.chosen
        size = gradient_bytes((self._known[name] for name in names if name in self._known), self._side_px)
        count = "1 layer" if len(names) == 1 else f"{len(names)} layers"
        words = f"{count} of {self.tree.topLevelItemCount()}"
        if size:
            words += f"; the gradients of a class take {max(1, round(size / MIB)):,} MB at {self._side_px} px"
        self.memory.setText(words if names else "Tick at least one layer.")
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(bool(names))

    def _lay_out(self) -> None:
        header = self.tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setStretchLastSection(False)
        for column in range(1, len(_COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        choices = QHBoxLayout()
        for button in (self.defaults, *self.strides.values()):
            button.setAutoDefault(False)
            choices.addWidget(button)
        choices.addStretch(1)
        rows = QVBoxLayout(self)
        rows.addWidget(self.filter)
        rows.addLayout(choices)
        rows.addWidget(self.tree, 1)
        rows.addWidget(self.memory)
        rows.addWidget(self.buttons)


def _row(name: str, layer: LayerInfo | None) -> list[str]:
    return [name] if layer is None else [name, layer.kind, f"{layer.channels:,}", str(layer.stride)]
