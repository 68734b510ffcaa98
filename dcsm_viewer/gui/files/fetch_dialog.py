"""The download of torchvision's VGG-16: how far it is, and a way out."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from dcsm_viewer.gui.files.model_importer import ModelImporter


class FetchDialog(QDialog):
    """Stays open beside the work; it is not modal. Closing it does not end the download, Cancel does."""

    def __init__(self, model_importer: ModelImporter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Fetch VGG-16")
        self.setModal(False)
        self._model_importer = model_importer
        self._words = QLabel("torchvision's VGG-16, trained on ImageNet: 528 MB from its publishers.", self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setFormat("%v of %m MB")
        self.bar.setRange(0, 528)
        self.bar.setValue(0)
        self.bar.setAccessibleName("Progress of the download")
        self.begin = QPushButton("Fetch", self)
        self.cancel = QPushButton("Cancel", self)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.begin)
        column = QVBoxLayout(self)
        column.addWidget(self._words)
        column.addWidget(self.bar)
        column.addLayout(row)
        self.begin.clicked.connect(self._on_begin)
        self.cancel.clicked.connect(model_importer.cancel)
        model_importer.message.connect(self._on_message)
        model_importer.fetched.connect(self._show_fetched)
        model_importer.ended.connect(self._show_ready)
        self.resize(440, self.sizeHint().height())
        self._show_ready()

    @property
    def words(self) -> str:
        return self._words.text()

    def _on_message(self, sentence: str) -> None:
        if self._model_importer.task == "fetch":
            self._words.setText(sentence)

    def _on_begin(self) -> None:
        self.bar.setValue(0)
        self._model_importer.fetch()
        self._show_ready()

    def _show_fetched(self, megabytes: int, in_all: int) -> None:
        self.bar.setRange(0, in_all)
        self.bar.setValue(megabytes)

    def _show_ready(self) -> None:
        self.begin.setEnabled(not self._model_importer.is_busy)
        self.cancel.setEnabled(self._model_importer.is_busy)
