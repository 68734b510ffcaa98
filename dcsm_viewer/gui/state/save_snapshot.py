"""Keeping what is on show, by key or button, and comparing it with what comes next."""

from __future__ import annotations

from dataclasses import replace

from dcsm_viewer.core.types import UserError
from dcsm_viewer.gui.state.snapshots import LIVE, named, with_snapshot
from dcsm_viewer.gui.state.store import Store


def save_snapshot(store: Store) -> None:
    """Keeps the result on show by the next free letter; the comparison sets it against what is on show from now on."""
    try:
        snapshots = with_snapshot(store.state.snapshots, store.state.result)
    except UserError as error:
        store.change(message=str(error))
        return
    name = snapshots[-1].name
    before = store.state.comparison
    # The first is the one to compare with; the second makes a pair of them.
    second = before.a != LIVE and before.b == LIVE
    comparison = replace(before, b=name) if second else replace(before, a=name, b=LIVE)
    store.change(
        snapshots=snapshots,
        comparison=comparison,
        message=f"Saved as snapshot {name}. Change something, then choose Compare two results.",
    )


def compare_with(store: Store, name: str) -> None:
    """Opens the comparison of a kept result with the one on show."""
    store.change(view="compare_ab", comparison=replace(store.state.comparison, a=name, b=LIVE))


def restore_settings(store: Store, name: str) -> None:
    """The settings of a kept result, and its maps where it is of the image on show; one step to undo."""
    snapshot = named(store.state.snapshots, name)
    if snapshot is None:
        return
    image = store.state.image
    mine = image is not None and image.digest == snapshot.digest
    # What was said of the classes of another image stays with that image.
    settings = snapshot.settings if mine else replace(snapshot.settings, choice=store.state.settings.choice)
    if mine and snapshot.result is not None:
        # Together with the settings, so that what is known is not requested again.
        store.edit(settings, result=snapshot.result, focus=snapshot.focus)
        store.change(result=snapshot.result, focus=snapshot.focus)
    else:
        store.edit(settings)
