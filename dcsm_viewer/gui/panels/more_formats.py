"""The formats other programs read, behind one button: few need them, and the panel stays short."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from dcsm_viewer.gui.files.user_settings import UserSettings

_KEY = "export/more"


class MoreFormats(QToolButton):
    """A menu of ticks, made when it is first opened; the button says how many are ticked."""

    def __init__(self, shown: Collection[str], user_settings: UserSettings, parent: QWidget | None = None) -> None:
        """`shown` formats have a tick elsewhere."""
        super().__init__(parent)
        self._elsewhere = frozenset(shown)
        self._user_settings = user_settings
        self._chosen = tuple(name for name in user_settings.texts(_KEY) if name not in self._elsewhere)
        self.ticks = QMenu(self)
        self.ticks.aboutToShow.connect(self.fill)
        self.setMenu(self.ticks)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName("Formats for other programs")
        self._say()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of export.FORMATS."""
        return self._chosen

    def fill(self) -> None:
        """All formats as ticks of the menu."""
        if self.ticks.actions():
            return
        from dcsm_viewer.export import FORMATS  # 0.1 s that the window's start need not wait for

        self._chosen = tuple(name for name in self._chosen if name in FORMATS)
        for name, each in FORMATS.items():
            if name not in self._elsewhere:
                tick = self.ticks.addAction(each.title)
                tick.setData(name)
                tick.setCheckable(True)
                tick.setChecked(name in self._chosen)
                tick.toggled.connect(self._take)
        self._say()

    def _take(self) -> None:
        self._chosen = tuple(tick.data() for tick in self.ticks.actions() if tick.isChecked())
        self._user_settings.keep(_KEY, self._chosen)
        self._say()

    def _say(self) -> None:
        count = len(self._chosen)
        self.setText(f"For other programs ({count} chosen)" if count else "For other programs")
        names = ", ".join(self._chosen)
        self.setToolTip(
            f"IRN, PSA, SEAM, CLIP-ES, COCO, labelme, CVAT, YOLO, Label Studio{': ' + names if names else ''}"
        )
