"""Everything a user can do by menu, key or palette: one table of words and keys. What each does is in `commands`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dcsm_viewer.gui.tool_registry import TOOLS

Menu = Literal["File", "Edit", "View", "Model", "Analysis", "Export", "Tools", "Help"]
MENUS: tuple[Menu, ...] = ("File", "Edit", "View", "Model", "Analysis", "Export", "Tools", "Help")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action. `key` is in Qt's portable form, "" for none. `help` is one sentence for tooltip, palette and help.

    group: actions of one group are a choice, one of them checked. submenu: where it hides in its menu.
    """

    name: str
    text: str
    key: str
    help: str
    menu: Menu
    group: str = ""
    submenu: str = ""
    starts_section: bool = False


def _ranks() -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(
            f"class.rank_{rank}", f"Class of rank {rank}", str(rank),
            f"Shows the maps of the class with the {rank}. best score.", "Analysis", submenu="Class by rank",
        )
        for rank in range(1, 10)
    )  # fmt: skip


def _tools() -> tuple[ActionSpec, ...]:
    return tuple(
        ActionSpec(
            f"tools.{tool.name}", tool.title, tool.key, tool.help, "Tools", "view" if tool.area == "centre" else ""
        )
        for tool in TOOLS
    )


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("file.open", "Open image...", "Ctrl+O", "Opens a photograph and lists its neighbours.", "File"),
    ActionSpec("file.open_folder", "Open folder...", "Ctrl+U", "Lists the images of a folder.", "File"),
    ActionSpec("file.sample", "Open the sample images", "", "Opens the bundled sample images.", "File"),
    ActionSpec(
        "session.open", "Open session...", "Ctrl+Shift+O", "Opens images, settings and snapshots as saved.", "File",
        starts_section=True,
    ),
    ActionSpec(
        "session.save", "Save session...", "Ctrl+Shift+S", "Saves which images, settings and results are open.", "File",
    ),
    ActionSpec(
        "file.previous", "Previous image", "A", "Opens the image before this one in the folder.", "File",
        starts_section=True,
    ),
    ActionSpec("file.next", "Next image", "D", "Opens the image after this one in the folder.", "File"),
    ActionSpec(
        "tab.double", "Duplicate tab", "Ctrl+D", "Opens the displayed image in a second tab.",
        "File", starts_section=True,
    ),
    ActionSpec("tab.next", "Next tab", "Ctrl+Tab", "Shows the next of the open images.", "File"),
    ActionSpec("tab.previous", "Previous tab", "Ctrl+Shift+Tab", "Shows the open image before this one.", "File"),
    ActionSpec("tab.close", "Close image", "Ctrl+W", "Closes the displayed image and its tab.", "File"),
    ActionSpec("file.quit", "Quit", "Ctrl+Q", "Closes the window.", "File", starts_section=True),
    ActionSpec("edit.undo", "Undo", "Ctrl+Z", "Undoes the last change of a setting.", "Edit"),
    ActionSpec("edit.redo", "Redo", "Ctrl+Shift+Z", "Redoes the last undone change.", "Edit"),
    ActionSpec(
        "edit.blink", "Toggle last change", "Shift+B", "Undoes the last change, or redoes it.",
        "Edit",
    ),
    ActionSpec(
        "edit.keep", "Save snapshot", "K", "Saves the result under a letter, to compare others with it.", "Edit",
    ),
    ActionSpec(
        "edit.paste", "Paste", "Ctrl+V", "Opens the picture or the files that were copied.", "Edit", starts_section=True
    ),
    ActionSpec(
        "edit.reset_settings", "Reset to the preset", "", "Sets every constant of the method back to the preset.",
        "Edit", starts_section=True,
    ),
    ActionSpec(
        "view.compare", "Compare", "F5", "Photograph, raw and distinct map side by side.", "View", "view",
    ),
    ActionSpec("view.grid", "Grid", "F6", "Every layer and scale of the class.", "View", "view"),
    ActionSpec("view.overlay", "Overlay", "F7", "One large picture under its map.", "View", "view"),
    ActionSpec("view.labels", "Labels", "F8", "The labels before and after the CRF.", "View", "view"),
    ActionSpec(
        "view.fit", "Fit", "Ctrl+F", "Shows the whole image in every pane.", "View", starts_section=True,
    ),
    ActionSpec("view.hundred_percent", "100 %", "Ctrl+0", "One image pixel to one pixel of the screen.", "View"),
    ActionSpec(
        "view.toggle_overlay", "Overlay on or off", "V", "Hides the map over the photograph, or shows it.", "View",
        starts_section=True,
    ),
    ActionSpec("view.next_kind", "Raw, distinct or both", "X", "From both kinds of map to raw to distinct.", "View"),
    ActionSpec("view.blink", "Blink raw and distinct", "B", "Swaps the two maps in the same place.", "View"),
    ActionSpec(
        "theme.system", "As the system", "", "Light or dark as the desktop is.", "View", "theme", "Theme",
        starts_section=True,
    ),
    ActionSpec("theme.light", "Light", "", "A light window.", "View", "theme", "Theme"),
    ActionSpec("theme.dark", "Dark", "", "A dark window.", "View", "theme", "Theme"),
    ActionSpec("view.reset_layout", "Reset layout", "", "Puts every panel back to its first place.", "View"),
    ActionSpec(
        "model.voc", "VOC classes", "", "Names the 20 classes of PASCAL VOC.", "Model", "vocabulary"
    ),
    ActionSpec(
        "model.imagenet", "ImageNet classes", "", "Names the 1000 classes of ImageNet.", "Model", "vocabulary",
    ),
    ActionSpec(
        "model.open_weights", "Open weights file...", "", "Uses a network from your disk.", "Model",
        starts_section=True,
    ),
    ActionSpec(
        "model.import_weights", "Import weights...", "", "Keeps a network of yours by name, checked and converted.",
        "Model",
    ),
    ActionSpec(
        "model.fetch_vgg16", "Fetch torchvision's VGG-16...", "", "Downloads the published VGG-16 of ImageNet, 528 MB.",
        "Model",
    ),
    ActionSpec(
        "device.auto", "Best device", "", "Computes on the fastest available device.", "Model", "device", "Device",
        starts_section=True,
    ),
    ActionSpec("device.cpu", "CPU", "", "Computes on the processor.", "Model", "device", "Device"),
    ActionSpec("device.cuda", "CUDA", "", "Computes on an NVIDIA card.", "Model", "device", "Device"),
    ActionSpec("device.mps", "MPS", "", "Computes on an Apple GPU.", "Model", "device", "Device"),
    ActionSpec(
        "precision.auto", "Best precision", "", "Fast where that is safe.", "Model", "precision", "Precision"
    ),
    ActionSpec("precision.float32", "float32", "", "32 bits.", "Model", "precision", "Precision"),
    ActionSpec(
        "precision.float64", "float64", "", "64 bits: the reference, several times slower.", "Model", "precision",
        "Precision",
    ),
    ActionSpec("precision.bfloat16", "bfloat16", "", "16 bits, faster.", "Model", "precision", "Precision"),
    ActionSpec("n.down", "N down", "[", "One fewer candidate class.", "Analysis"),
    ActionSpec("n.up", "N up", "]", "One more candidate class.", "Analysis"),
    *_ranks(),
    ActionSpec(
        "class.pin", "Always compare the class", "P", "Makes it a candidate at any score.", "Analysis",
        starts_section=True,
    ),
    ActionSpec("class.strike", "Exclude the class", "Del", "Never a candidate in this image.", "Analysis"),
    ActionSpec("class.force", "Mark the class as present", "F", "Treats it as detected at every scale.", "Analysis"),
    ActionSpec("class.clear", "Reset class overrides", "", "Only the scores decide again.", "Analysis"),
    ActionSpec("class.search", "Find a class", "Ctrl+L", "Goes to the search of the class list.", "Analysis"),
    ActionSpec("class.top1", "Use top-1", "", "Takes the best class where none is above the threshold.", "Analysis"),
    ActionSpec(
        "engine.cancel", "Cancel", "Esc", "Stops the computation; the last maps stay.", "Analysis", starts_section=True
    ),
    ActionSpec("engine.again", "Recompute", "Ctrl+R", "Computes again, after a cancel or a failure.", "Analysis"),
    ActionSpec("export.export", "Export", "Ctrl+S", "Writes what is on the screen to the export folder.", "Export"),
    ActionSpec("export.choose_folder", "Choose export folder...", "", "Where exports go.", "Export"),
    ActionSpec(
        "export.figure", "Figure for a paper...", "", "Sets panes as a figure: PNG, SVG or PDF.", "Export",
        starts_section=True,
    ),
    ActionSpec(
        "export.copy_view", "Copy the panes", "Ctrl+Shift+C", "Copies the displayed panes as one figure.", "Export",
    ),
    *_tools(),
    ActionSpec("tools.palette", "Command palette", "Ctrl+Shift+P", "Finds an action by its words.", "Tools"),
    ActionSpec("help.keys", "Keys", "F1", "Every key and what it does.", "Help"),
    ActionSpec("help.change_keys", "Customize shortcuts...", "", "Assigns other keys to actions.", "Help"),
)  # fmt: skip


def shortcuts_page() -> str:
    """docs/shortcuts.md: one table a menu, the actions that have a key first named by it."""
    lines = [
        "# Keys and actions",
        "",
        "Made from the table in `dcsm_viewer/gui/commands/action_specs.py`; a test holds the two together.",
    ]
    for menu in MENUS:
        lines += ["", f"## {menu}", "", "| key | action | what it does |", "|---|---|---|"]
        lines += [
            f"| {f'`{spec.key}`' if spec.key else ''} | {spec.text} | {spec.help} |"
            for spec in ACTIONS
            if spec.menu == menu
        ]
    return "\n".join(lines) + "\n"
