"""The classes found in the image: look, choose one, or say what the network should have known."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSignalBlocker, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListView, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.gui.panels.class_delegate import ROW_ROLE, ClassDelegate, ClassListModel
from dcsm_viewer.gui.panels.class_rows import ClassRow, class_rows, found_by, wanted_class
from dcsm_viewer.gui.state.settings_edits import always_compare, exclude, mark_present, with_vocabulary
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.gui.widgets.form_row import choice_box, show_choice

_Toggle = Callable[[Settings, int, bool], Settings]

_TOGGLES: tuple[tuple[str, str, _Toggle, Callable[[ClassRow], bool]], ...] = (
    ("Always compare", "Always a candidate, at any score", always_compare, lambda row: row.is_always_compared),
    ("Exclude", "Not in this image: never a candidate", exclude, lambda row: row.is_excluded),
    ("Mark as present", "Treat as detected at every scale", mark_present, lambda row: row.is_force_detected),
)


class ClassesPanel(QWidget):
    """A list with search; click, arrows or 1..9 choose; buttons below and the context menu set overrides.

    In the search Enter and Down choose the first match and Escape clears it. What is set is set for the class that is
    chosen in the list: nothing, while the search hides it.
    """

    def __init__(self, store: Store, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._rows: tuple[ClassRow, ...] = ()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Find a class")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Find a class")
        self.search.installEventFilter(self)
        self._vocabulary = choice_box({"voc": "VOC", "imagenet": "ImageNet"}, self)
        self._vocabulary.setMinimumContentsLength(8)
        self._vocabulary.setMaximumWidth(96)
        self._vocabulary.setToolTip("The names of the classes: 20 of PASCAL VOC or 1000 of ImageNet")
        self._vocabulary.setAccessibleName("Vocabulary")
        self._model = ClassListModel()
        self.list = QListView(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(ClassDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Classes by score")
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._buttons = tuple(self._button(index) for index in range(len(_TOGGLES)))
        self._lay_out()
        self.search.textChanged.connect(self._show_rows)
        self._vocabulary.activated.connect(self._on_vocabulary)
        self.list.selectionModel().currentChanged.connect(self._on_current)
        self.list.customContextMenuRequested.connect(self._show_menu)
        store.watch(self._on_state_changed, "result", "focus", "settings")
        self.show_state(store.state)

    def show_state(self, state: ViewState) -> None:
        show_choice(self._vocabulary, state.settings.vocabulary)
        self._rows = class_rows(state)
        self._show_rows()

    def choose_rank(self, rank: int) -> None:
        """The class with the rank-th best score becomes the one on show."""
        if rank <= len(self._rows):
            self._store.change(focus=self._rows[rank - 1].class_id)

    def toggle(self, name: str) -> None:
        """Always compare, Exclude or Mark as present for the chosen class, or unset it where it is set already."""
        row = self._current()
        if row is None and self._model.rows != self._rows:
            self._store.change(message="The search hides the chosen class; choose one in the list or clear it.")
        for title, _help, change, is_on in _TOGGLES:
            if title == name and row is not None:
                self._store.edit(change(self._store.state.settings, row.class_id, not is_on(row)))

    def _on_state_changed(self, _before: ViewState, after: ViewState) -> None:
        self.show_state(after)

    def _show_rows(self) -> None:
        # A signal of a model that is reset would choose another class on its own.
        rows = found_by(self._rows, self.search.text())
        with QSignalBlocker(self.list.selectionModel()):
            is_other = rows != self._model.rows
            self._model.show_rows(rows)
            index = self._model.index_of(wanted_class(self._store.state))
            is_other = is_other or index != self.list.currentIndex()
            self.list.setCurrentIndex(index)
        # While a slider is dragged the list mostly stays as it is, and painting it takes half of a frame.
        if is_other:
            self.list.viewport().update()
            if index.isValid():
                self.list.scrollTo(index)
        row = self._current()
        for button, (_title, _help, _change, is_on) in zip(self._buttons, _TOGGLES, strict=True):
            button.setEnabled(row is not None)
            button.setChecked(row is not None and is_on(row))

    def _current(self) -> ClassRow | None:
        """The chosen class; None where there is none, or the search hides it."""
        wanted = wanted_class(self._store.state)
        return next((row for row in self._model.rows if row.class_id == wanted), None)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let Enter and Down in the search choose the first match, and Escape clear it."""
        is_key = isinstance(event, QKeyEvent) and watched is self.search
        if not is_key or event.type() not in {QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride}:
            return super().eventFilter(watched, event)
        assert isinstance(event, QKeyEvent)
        key = event.key()
        if key == Qt.Key.Key_Escape and not self.search.text():
            return super().eventFilter(watched, event)
        if key not in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down, Qt.Key.Key_Escape}:
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # or the window's shortcut of that key would take it
            return True
        if key == Qt.Key.Key_Escape:
            self.search.clear()
        elif self._model.rows:
            self._store.change(focus=self._model.rows[0].class_id)
            if key == Qt.Key.Key_Down:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            row: ClassRow = current.data(ROW_ROLE)
            self._store.change(focus=row.class_id)

    def _on_vocabulary(self, index: int) -> None:
        self._store.edit(with_vocabulary(self._store.state.settings, self._vocabulary.itemData(index)))

    def _on_button(self) -> None:
        index = self._buttons.index(self.sender())
        self.toggle(_TOGGLES[index][0])

    def _show_menu(self, where: QPoint) -> None:
        row: ClassRow | None = self.list.indexAt(where).data(ROW_ROLE)
        if row is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for title, explanation, _change, is_on in _TOGGLES:
            action = QAction(f"{title} {row.name}", menu, checkable=True, checked=is_on(row))
            action.setToolTip(explanation)
            action.setData(title)
            menu.addAction(action)
        menu.triggered.connect(self._on_menu)
        menu.popup(self.list.viewport().mapToGlobal(where))

    def _on_menu(self, action: QAction) -> None:
        # The click that opened the menu has made its row the chosen one.
        self.toggle(action.data())

    def _button(self, index: int) -> QToolButton:
        title, explanation, _change, _is_on = _TOGGLES[index]
        button = QToolButton(self)
        button.setText(title)
        button.setCheckable(True)
        button.setToolTip(f"{explanation}.")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(self._on_button)
        return button

    def _lay_out(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self._vocabulary)
        for button in self._buttons:
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.list, 1)
        column.addLayout(bottom)
