"""The form for a model of one's own: weights file, name, classes, head, preprocessing, layers, and a preview."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dcsm_viewer.gui.files.model_importer import ModelImporter
from dcsm_viewer.gui.widgets.form_row import choice_box
from dcsm_viewer.worker.model_work import INPUT_SPEC_TITLES, ImportJob

WEIGHTS_FILTER = "Weights (*.pth *.pt *.safetensors *.caffemodel *.mat);;All files (*)"
_HEADS = {
    "": "As guessed",
    "softmax": "Softmax: one class of all",
    "sigmoid": "Sigmoid: each class by itself",
}
_CLASSES_FILTER = "Class lists (*.txt *.json);;All files (*)"


class ImportDialog(QDialog):
    """Stays open beside the work and says what came of an import; it is not modal."""

    def __init__(self, model_importer: ModelImporter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import weights")
        self.setModal(False)
        self._model_importer = model_importer
        self.path, self.name, self.title, self.classes = (QLineEdit(self) for _ in range(4))
        self.convention = choice_box(INPUT_SPEC_TITLES, self)
        self.head = choice_box(_HEADS, self)
        self.mean, self.std, self.layers = (QLineEdit(self) for _ in range(3))
        self.mean.setPlaceholderText("0.485,0.456,0.406")
        self.std.setPlaceholderText("0.229,0.224,0.225")
        self.layers.setPlaceholderText("the proposed ones")
        self.preview = QPushButton("Preview", self)
        self.preview.setAutoDefault(False)
        self.preview.setToolTip("Says what the file is and how the open image scores; nothing is kept.")
        self.do_import = QPushButton("Import", self)
        self.do_import.setDefault(True)
        self._words = QLabel("Read once, checked, and kept as safetensors in the folder of models.", self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self.path.textChanged.connect(self._on_path)
        self.name.textChanged.connect(self._show_ready)
        self.do_import.clicked.connect(self._on_import)
        self.preview.clicked.connect(self._on_preview)
        model_importer.message.connect(self._on_message)
        model_importer.ended.connect(self._show_ready)
        self._show_ready()

    @property
    def words(self) -> str:
        return self._words.text()

    def _on_path(self, path: str) -> None:
        if not self.name.isModified():
            self.name.setText(suggested_name(path))
        self._show_ready()

    def _on_message(self, sentence: str) -> None:
        if self._model_importer.task == "import":
            self._words.setText(sentence)

    def _on_import(self) -> None:
        self._model_importer.import_file(self._job())
        self._show_ready()

    def _on_preview(self) -> None:
        self._model_importer.preview(self._job())
        self._show_ready()

    def _job(self) -> ImportJob:
        classes = self.classes.text().strip()
        return ImportJob(
            path=Path(self.path.text().strip()),
            name=self.name.text().strip(),
            title=self.title.text().strip(),
            classes=Path(classes) if classes else None,
            convention=self.convention.currentData(),
            mean=self.mean.text().strip(),
            std=self.std.text().strip(),
            head=self.head.currentData(),
            layers=self.layers.text().strip(),
        )

    def _show_ready(self) -> None:
        is_filled = bool(self.path.text().strip() and self.name.text().strip())
        is_free = not self._model_importer.is_busy
        self.do_import.setEnabled(is_filled and is_free)
        self.preview.setEnabled(bool(self.path.text().strip()) and is_free)

    def _browse_weights(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Choose weights", self.path.text(), WEIGHTS_FILTER)
        if path:
            self.path.setText(path)

    def _browse_classes(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(self, "Choose class list", self.path.text(), _CLASSES_FILTER)
        if path:
            self.classes.setText(path)

    def _lay_out(self) -> None:
        browse_weights, browse_classes = QPushButton("Browse...", self), QPushButton("Browse...", self)
        browse_weights.clicked.connect(self._browse_weights)
        browse_classes.clicked.connect(self._browse_classes)
        for browse in (browse_weights, browse_classes):
            browse.setAutoDefault(False)
        form = QFormLayout()
        rows: tuple[tuple[str, QWidget, str, QPushButton | None], ...] = (
            ("Weights file", self.path, ".caffemodel, .mat, .pth, .pt or .safetensors", browse_weights),
            ("Name", self.name, "What to call the model: a-z, 0-9, '-', '_' and '.'.", None),
            ("Title", self.title, "A longer name for people; the name if left empty.", None),
            ("Class list", self.classes, "Names, one a line or JSON; empty: those of the file.", browse_classes),
            ("Head", self.head, "How outputs become scores; a preview shows the open image under both.", None),
            ("Input", self.convention, "How the network wants its pixels.", None),
            ("Mean", self.mean, "R,G,B for pixels in 0..1, before what is chosen above; needs Std.", None),
            ("Std", self.std, "R,G,B for pixels in 0..1.", None),
            ("Layers", self.layers, "Default layers: names or globs with commas, such as layer[234].", None),
        )
        for label, control, explanation, button in rows:
            control.setToolTip(explanation)
            control.setAccessibleName(label)
            control.setAccessibleDescription(explanation)
            row = QHBoxLayout()
            row.addWidget(control, 1)
            if button is not None:
                button.setAccessibleName(f"Browse for the {label.lower()}")
                row.addWidget(button)
            form.addRow(label, row)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._words)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.preview)
        buttons.addWidget(self.do_import)
        column.addLayout(buttons)
        self.resize(480, self.sizeHint().height())


def suggested_name(path: str) -> str:
    """A name the library takes, from that of a file; "" where nothing is left of it."""
    stem = re.sub(r"[^a-z0-9._-]+", "-", Path(path.strip()).stem.lower())
    return stem.strip("._-")[:64]
