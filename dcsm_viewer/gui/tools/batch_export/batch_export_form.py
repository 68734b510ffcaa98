"""What a run over a folder is to read and write: the left half of its tool."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QWidget,
)

from dcsm_viewer.batch.run_batch import ExportJob
from dcsm_viewer.core.types import UserError
from dcsm_viewer.export import FORMATS
from dcsm_viewer.gui.files.export_controller import default_folder, export_folder
from dcsm_viewer.gui.files.user_settings import UserSettings
from dcsm_viewer.gui.state.settings_edits import for_another_image
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.tools.batch_export.batch_export_job import BatchExportPlan
from dcsm_viewer.gui.widgets.flow_layout import FlowLayout

_NARROW_PX = 60
_FIRST_FORMATS = ("voc", "npz")
_TABLES = "Tables (*.csv);;All files (*)"


class BatchExportForm(QWidget):
    """Fields that remember what was typed last; `plan(state)` is what they add up to with the window's settings."""

    def __init__(self, user_settings: UserSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._user_settings = user_settings
        self.images = self._line("Images", "A folder of images; empty: those of the Folder panel.", "images")
        self.out = self._line("Write to", "The folder of masks and recipes; it is made if it is missing.", "out")
        self.labels = self._line(
            "Given classes",
            "A CSV of image,label,label, a folder of VOC XML files or of class folders; "
            "empty: the classes the network detects.",
            "labels",
        )
        self.labels.setPlaceholderText("the classes the network detects")
        self.resume = QCheckBox("Resume", self)
        self.resume.setToolTip("Skips images already exported with the same settings.")
        self.resume.setChecked(user_settings.flag("folder-run/resume", default=True))
        self.stages = QCheckBox("Raw maps, too (NPZ)", self)
        self.stages.setToolTip("Adds the raw maps of every class, layer and scale to the NPZ; these files are large.")
        self.recursive = QCheckBox("Subfolders, too", self)
        self.recursive.setToolTip(
            "Also the images of folders inside it; those of one name get names that tell them apart."
        )
        self.formats = self._format_list()
        self._lay_out()

    def show_state(self, state: ViewState) -> None:
        count = len(state.folder)
        self.images.setPlaceholderText(
            f"the {count:,} of the Folder panel" if count else "no image is open: choose a folder"
        )
        self.out.setPlaceholderText(default_folder(state))

    def plan(self, state: ViewState) -> BatchExportPlan:
        """Raises UserError saying what is missing."""
        typed = self.images.text().strip()
        inputs = (str(Path(typed).expanduser()),) if typed else state.folder
        if not inputs:
            raise UserError("There are no images to export: open a folder, or name one under Images.")
        if typed and not Path(inputs[0]).exists():
            raise UserError(f"{typed} is not there; choose another folder of images.")
        formats = self.chosen_formats
        if not formats:
            raise UserError("Nothing to write: tick at least one format.")
        labels = self.labels.text().strip()
        self._keep(formats)
        order = ExportJob(
            # What was said about the classes belongs to the image on show alone.
            settings=for_another_image(state.settings),
            out=Path(export_folder(self.out.text(), state)),
            formats=formats,
            stages=self.stages.isChecked(),
            resume=self.resume.isChecked(),
        )
        return BatchExportPlan(inputs, order, Path(labels) if labels else None, self.recursive.isChecked())

    @property
    def chosen_formats(self) -> tuple[str, ...]:
        items = (self.formats.item(row) for row in range(self.formats.count()))
        return tuple(item.data(_NAME) for item in items if item.checkState() == Qt.CheckState.Checked)

    def _keep(self, formats: tuple[str, ...]) -> None:
        for name, line in (("images", self.images), ("out", self.out), ("labels", self.labels)):
            self._user_settings.keep(f"folder-run/{name}", line.text().strip())
        self._user_settings.keep("folder-run/resume", self.resume.isChecked())
        self._user_settings.keep("folder-run/formats", formats)

    def _line(self, name: str, explanation: str, key: str) -> QLineEdit:
        line = QLineEdit(self._user_settings.text(f"folder-run/{key}"), self)
        line.setAccessibleName(name)
        line.setAccessibleDescription(explanation)
        line.setToolTip(explanation)
        line.setClearButtonEnabled(True)
        line.setMinimumWidth(_NARROW_PX)
        return line

    def _format_list(self) -> QListWidget:
        shown = QListWidget(self)
        shown.setAccessibleName("Formats")
        shown.setToolTip("What is written for every image, beside its recipe.")
        shown.setTextElideMode(Qt.TextElideMode.ElideRight)
        shown.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        chosen = self._user_settings.texts("folder-run/formats") or _FIRST_FORMATS
        for name, each in FORMATS.items():
            item = QListWidgetItem(f"{name}: {each.title}", shown)
            item.setData(_NAME, name)
            item.setToolTip(f"{each.title}\n{each.path_pattern.format(stem='name')}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked if name in chosen else Qt.CheckState.Unchecked)
        return shown

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        browsers = (self._ask_images, self._ask_out, None)
        for row, (line, browse) in enumerate(zip((self.images, self.out, self.labels), browsers, strict=True)):
            name = QLabel(line.accessibleName(), self)
            name.setBuddy(line)
            button = QToolButton(self)
            button.setText("...")
            button.setAccessibleName(f"Choose: {line.accessibleName()}")
            button.setToolTip(line.toolTip())
            if browse is None:
                menu = QMenu(button)
                menu.addAction("Table (CSV)...", self._ask_table)
                menu.addAction("Folder...", self._ask_label_folder)
                button.setMenu(menu)
                button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            else:
                button.clicked.connect(browse)
            grid.addWidget(name, row, 0)
            grid.addWidget(line, row, 1)
            grid.addWidget(button, row, 2)
        grid.addLayout(FlowLayout(self.resume, self.recursive, self.stages), 3, 0, 1, 3)
        grid.addWidget(self.formats, 0, 3, 5, 1)
        grid.setRowStretch(4, 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        self.formats.setMinimumSize(2 * _NARROW_PX, _NARROW_PX)

    def _ask_images(self) -> None:
        self._fill(self.images, QFileDialog.getExistingDirectory(self, "Folder of images", self.images.text()))

    def _ask_out(self) -> None:
        self._fill(self.out, QFileDialog.getExistingDirectory(self, "Write to", self.out.text()))

    def _ask_table(self) -> None:
        self._fill(self.labels, QFileDialog.getOpenFileName(self, "Table of classes", self.labels.text(), _TABLES)[0])

    def _ask_label_folder(self) -> None:
        self._fill(self.labels, QFileDialog.getExistingDirectory(self, "Folder of labels", self.labels.text()))

    @staticmethod
    def _fill(line: QLineEdit, path: str) -> None:
        if path:
            line.setText(path)


_NAME = Qt.ItemDataRole.UserRole
