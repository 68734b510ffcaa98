"""What each action of the table does: one dict from its name to a function without arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, get_args

from dcsm_viewer.core.parameters import LIMITS
from dcsm_viewer.core.settings import ClassChoice, PrecisionOption
from dcsm_viewer.gui.canvas.viewport import Viewport
from dcsm_viewer.gui.files.image_loader import ImageLoader
from dcsm_viewer.gui.link.controller import Controller
from dcsm_viewer.gui.panels.classes_panel import ClassesPanel
from dcsm_viewer.gui.panels.export_panel import ExportPanel
from dcsm_viewer.gui.state.save_snapshot import save_snapshot
from dcsm_viewer.gui.state.settings_edits import use_top1, with_field, with_preset, with_vocabulary
from dcsm_viewer.gui.state.snapshots import Side
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import MapKind
from dcsm_viewer.gui.tabs import Tabs
from dcsm_viewer.gui.theme import Theme
from dcsm_viewer.gui.tool_registry import TOOLS

_NEXT_KIND: dict[MapKind, MapKind] = {"both": "raw", "raw": "distinct", "distinct": "both"}


class WindowCommands(Protocol):
    """What only the window itself can do."""

    def ask_for_image(self) -> None: ...
    def ask_for_folder(self) -> None: ...
    def ask_for_session(self) -> None: ...
    def ask_where_to_save(self) -> None: ...
    def ask_for_weights(self) -> None: ...
    def show_import(self) -> None: ...
    def show_fetch(self) -> None: ...
    def ask_for_export_folder(self) -> None: ...
    def paste(self) -> None: ...
    def choose_theme(self, theme: Theme) -> None: ...
    def show_actual_size(self) -> None: ...
    def reset_layout(self) -> None: ...
    def show_palette(self) -> None: ...
    def show_keys(self) -> None: ...
    def change_keys(self) -> None: ...
    def show_tool(self, name: str) -> None: ...
    def copy_view(self) -> None: ...
    def close(self) -> bool: ...


def handlers(
    store: Store,
    controller: Controller,
    image_loader: ImageLoader,
    viewport: Viewport,
    classes: ClassesPanel,
    export: ExportPanel,
    tabs: Tabs,
    shell: WindowCommands,
) -> dict[str, Callable[[], object]]:
    """A function for every name in `actions.ACTIONS`."""
    return {
        "file.open": shell.ask_for_image,
        "file.open_folder": shell.ask_for_folder,
        "session.open": shell.ask_for_session,
        "session.save": shell.ask_where_to_save,
        "file.sample": image_loader.open_sample,
        "file.previous": partial(image_loader.step, -1),
        "file.next": partial(image_loader.step, 1),
        "tab.double": tabs.duplicate,
        "tab.close": tabs.close,
        "tab.next": partial(tabs.step, 1),
        "tab.previous": partial(tabs.step, -1),
        "file.quit": shell.close,
        "edit.undo": store.undo,
        "edit.redo": store.redo,
        "edit.blink": partial(_blink_settings, store),
        "edit.keep": partial(save_snapshot, store),
        "edit.paste": shell.paste,
        "edit.reset_settings": partial(_reset_method, store),
        **{f"view.{name}": partial(store.change, view=name) for name in ("compare", "grid", "overlay", "labels")},
        "view.fit": viewport.fit,
        "view.hundred_percent": shell.show_actual_size,
        "view.toggle_overlay": partial(_toggle_overlay, store),
        "view.next_kind": partial(_next_kind, store),
        "view.blink": partial(_blink_kind, store),
        "view.reset_layout": shell.reset_layout,
        "theme.system": partial(shell.choose_theme, "system"),
        "theme.light": partial(shell.choose_theme, "light"),
        "theme.dark": partial(shell.choose_theme, "dark"),
        "model.voc": partial(_vocabulary, store, "voc"),
        "model.imagenet": partial(_vocabulary, store, "imagenet"),
        "model.open_weights": shell.ask_for_weights,
        "model.import_weights": shell.show_import,
        "model.fetch_vgg16": shell.show_fetch,
        **{f"device.{name}": partial(_set, store, device=name) for name in ("auto", "cpu", "cuda", "mps")},
        **{f"precision.{name}": partial(_set, store, precision=name) for name in get_args(PrecisionOption)},
        "n.down": partial(_step_n, store, -1),
        "n.up": partial(_step_n, store, 1),
        **{f"class.rank_{rank}": partial(classes.choose_rank, rank) for rank in range(1, 10)},
        "class.pin": partial(classes.toggle, "Always compare"),
        "class.strike": partial(classes.toggle, "Exclude"),
        "class.force": partial(classes.toggle, "Mark as present"),
        "class.clear": partial(_clear_choice, store),
        "class.search": classes.search.setFocus,
        "class.top1": partial(_use_top1, store),
        "engine.cancel": controller.cancel,
        "engine.again": controller.ask_again,
        "export.export": export.export,
        "export.choose_folder": shell.ask_for_export_folder,
        "export.figure": partial(shell.show_tool, "figure"),
        "export.copy_view": shell.copy_view,
        **{f"tools.{tool.name}": partial(shell.show_tool, tool.name) for tool in TOOLS},
        "tools.palette": shell.show_palette,
        "help.keys": shell.show_keys,
        "help.change_keys": shell.change_keys,
    }


def _reset_method(store: Store) -> None:
    settings = store.state.settings
    store.edit(with_preset(settings, settings.method.preset))


def _toggle_overlay(store: Store) -> None:
    paint = store.state.paint
    store.change(paint=replace(paint, overlay_on=not paint.overlay_on))


def _next_kind(store: Store) -> None:
    paint = store.state.paint
    store.change(paint=replace(paint, kind=_NEXT_KIND[paint.kind]))


def _blink_kind(store: Store) -> None:
    """Raw where distinct was, and back. An overlay that is off or of labels first becomes that of the class.

    Where two results are compared, the two change places instead.
    """
    if store.state.view == "compare_ab":
        comparison = store.state.comparison
        side: Side = "b" if comparison.side == "a" and comparison.mode == "blink" else "a"
        store.change(comparison=replace(comparison, mode="blink", side=side))
        return
    paint = store.state.paint
    kind: MapKind = "distinct" if paint.kind == "raw" else "raw"
    store.change(paint=replace(paint, kind=kind, overlay_on=True, overlay_of="class"))


def _blink_settings(store: Store) -> None:
    if store.can_redo:
        store.redo()
    else:
        store.undo()


def _vocabulary(store: Store, vocabulary: Any) -> None:
    store.edit(with_vocabulary(store.state.settings, vocabulary))


def _set(store: Store, **fields: Any) -> None:
    store.edit(replace(store.state.settings, **fields))


def _step_n(store: Store, by: int) -> None:
    limit = LIMITS["method.min_candidates"]
    settings = store.state.settings
    wanted = settings.method.min_candidates + by
    if limit.low <= wanted <= limit.high:
        store.edit(with_field(settings, limit.field, wanted), merge_key="n")


def _clear_choice(store: Store) -> None:
    settings = store.state.settings
    store.edit(replace(settings, choice=ClassChoice(top1_if_none=settings.choice.top1_if_none)))


def _use_top1(store: Store) -> None:
    store.edit(use_top1(store.state.settings, on=True))
