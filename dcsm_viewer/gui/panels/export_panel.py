"""What is written where: formats, raw maps of every stage, the folder, and the button that writes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.files.export_controller import ExportController, default_folder, export_folder, exportable
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.panels.more_formats import MoreFormats
from dcsm_viewer.gui.plain_text import as_tip
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import form_row

_FORMATS = (
    ("voc", "Labels, palette PNG", "One class id a pixel in the VOC palette, for training segmentation networks."),
    ("npz", "Class maps, NPZ", "Scores, class maps, unary and CRF probabilities as numbers, read by NumPy."),
    ("png", "Overlay, PNG", "The photograph under its labels, for looking at."),
)


class ExportPanel(QWidget):
    """`browse_wanted` asks for a dialog to choose the folder; an empty folder means beside the image."""

    browse_wanted = Signal()

    def __init__(
        self,
        store: Store,
        export_controller: ExportController,
        user_settings: UserSettings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._export_controller = export_controller
        self._user_settings = user_settings
        self._formats = {key: self._tick(f"export/{key}", title, tip) for key, title, tip in _FORMATS}
        self._stages = self._tick(
            "export/stages", "All raw maps too (NPZ)", "Adds the raw maps of every class, layer and scale to the NPZ."
        )
        self._more = MoreFormats([key for key, _, _ in _FORMATS], user_settings, self)
        self._folder = QLineEdit(user_settings.text("export/folder"), self)
        self._folder.setClearButtonEnabled(True)
        self._browse = QToolButton(self)
        self._browse.setText("...")
        self._browse.setToolTip("Choose the folder.")
        self._browse.setAccessibleName("Choose export folder")
        self._button = QPushButton("Export", self)
        self._words = QLabel(self)
        self._words.setWordWrap(True)
        self._words.setAccessibleName("What came of the export")
        folder = QHBoxLayout()
        folder.addLayout(form_row("Folder", self._folder, "Where the files go; empty: beside the image."), 1)
        folder.addWidget(self._browse)
        column = QVBoxLayout(self)
        column.setSpacing(4)
        for tick in (*self._formats.values(), self._stages):
            column.addWidget(tick)
        column.addWidget(self._more)
        column.addLayout(folder)
        column.addWidget(self._button)
        column.addWidget(self._words)
        self._folder.editingFinished.connect(self._keep)
        self._browse.clicked.connect(self.browse_wanted)
        self._button.clicked.connect(self.export)
        store.watch(self._on_state_changed, "image", "settings", "result", "pending_serial", "message", "folder")
        self._show(store.state)

    def export(self) -> None:
        self._keep()
        self._export_controller.export(self.folder, self.formats, stages=self._stages.isChecked())

    @property
    def folder(self) -> str:
        return export_folder(self._folder.text(), self._store.state)

    @property
    def formats(self) -> tuple[str, ...]:
        return (*(key for key, tick in self._formats.items() if tick.isChecked()), *self._more.chosen)

    def show_folder(self, folder: str) -> None:
        self._folder.setText(folder)
        self._keep()

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self._show(after)

    def _show(self, state: ViewState) -> None:
        self._folder.setPlaceholderText(default_folder(state))
        try:
            exportable(state)
        except UserError as why_not:
            self._button.setEnabled(False)
            self._button.setToolTip(as_tip(str(why_not)))
        else:
            self._button.setEnabled(True)
            self._button.setToolTip("Writes the maps and labels on the screen and the recipe that makes them again.")
        self._words.setText(state.message or "")

    def _keep(self) -> None:
        self._user_settings.keep("export/folder", self._folder.text().strip())
        for key, tick in self._formats.items():
            self._user_settings.keep(f"export/{key}", tick.isChecked())
        self._user_settings.keep("export/stages", self._stages.isChecked())

    def _tick(self, key: str, title: str, explanation: str) -> QCheckBox:
        tick = QCheckBox(title, self)
        tick.setToolTip(explanation)
        tick.setAccessibleDescription(explanation)
        tick.setChecked(self._user_settings.flag(key, default=key != "export/stages"))
        return tick
