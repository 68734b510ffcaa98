"""torchvision's published VGG-16, fetched where the user asks for it and there is a network."""

from __future__ import annotations

import re
import shutil
import tempfile
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import torch.hub

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.runtime.torch_pair import pair_trouble
from dcsm_viewer.engine.weights.library import check_free, import_weights, model_folder
from dcsm_viewer.engine.weights.model_entry import ModelEntry
from dcsm_viewer.io.os_errors import reason_of

NAME = "vgg16-imagenet"
Progress = Callable[[int, int], None]
_LICENCE = "BSD-3-Clause (torchvision); trained on ImageNet, whose terms ask for non-commercial research use"
_LOOK_EVERY_S = 0.2


class CancelledError(Exception):
    """The download is no longer wanted."""


def fetch_torchvision_vgg16(
    progress: Progress | None = None,
    *,
    folder: Path | None = None,
    replace_existing: bool = False,
    still_wanted: Callable[[], bool] = lambda: True,
) -> ModelEntry:
    """Download torchvision's VGG-16 (ImageNet, 528 MB) with torch's own loader and import it.

    The file is checked against the digest in its published name. Nothing is left behind where it fails.

    Parameters
    ----------
    progress
        Called with (bytes there, bytes in all) from another thread, about five times a second.
    folder
        Of the models; the user's where it is None.
    replace_existing
        Replace a model of this name.
    still_wanted
        Asked between two pieces of the download.

    Returns
    -------
    ModelEntry
        Of the new model.

    Raises
    ------
    UserError
        torchvision cannot be imported, there is no network, or the download is damaged.
    CancelledError
        It is no longer wanted.
    """
    address, size_bytes = _published()
    folder = folder or model_folder()
    if not replace_existing:
        check_free(NAME, folder)  # not after half a gigabyte
    with _workplace(folder, size_bytes) as workplace:
        file = workplace / address.rpartition("/")[2]
        prefix = re.search(r"-([0-9a-f]{8,})\.", file.name)
        try:
            with _watched(workplace, size_bytes, progress), _stopped_unless(still_wanted):
                torch.hub.download_url_to_file(address, str(file), prefix and prefix[1], progress=False)
        except urllib.error.URLError as error:
            raise UserError(
                f"VGG-16 could not be downloaded ({error.reason}); connect to the internet, or import the file "
                f"{file.name} from a disk."
            ) from None
        except RuntimeError:
            raise UserError("The download of VGG-16 is damaged (wrong digest); try again.") from None
        except OSError as error:
            raise UserError(f"VGG-16 could not be downloaded ({error}); try again.") from None
        return import_weights(
            file,
            NAME,
            title="VGG-16 (ImageNet, torchvision)",
            source=f"torchvision's VGG16_Weights.IMAGENET1K_V1, {address}",
            licence=_LICENCE,
            replace_existing=replace_existing,
            folder=folder,
        )


def _published() -> tuple[str, int]:
    """(address, size in bytes) as torchvision states them."""
    try:
        from torchvision.models import VGG16_Weights  # type: ignore[import-untyped] # ships no type information
    except (
        ImportError,
        RuntimeError,
        OSError,
        AttributeError,
    ) as error:  # a build for another torch fails on its operators
        raise UserError(
            f"torchvision cannot be imported here ({error}). {pair_trouble() or ''} Or download vgg16-397923af.pth "
            "elsewhere and import it as a file.".replace("  ", " ")
        ) from None
    weights: Any = VGG16_Weights.IMAGENET1K_V1
    return str(weights.url), int(weights.meta.get("_file_size", 527.796) * 2**20)


@contextmanager
def _workplace(folder: Path, size_bytes: int) -> Iterator[Path]:
    """A folder beside the models for the download; it is gone afterwards."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        # The download and the imported copy lie there together for a moment.
        if free < 2 * size_bytes:
            raise UserError(f"{folder} has {free >> 20} MB free; VGG-16 needs {2 * size_bytes >> 20} MB.")
        workplace = tempfile.TemporaryDirectory(dir=folder, prefix=".download-")
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({reason_of(error)}); choose another folder for models.") from None
    with workplace as path:
        yield Path(path)


@contextmanager
def _stopped_unless(still_wanted: Callable[[], bool]) -> Iterator[None]:
    """Inside, torch's loader raises CancelledError once `still_wanted` says no.

    The progress bar it updates with every piece is the one place where it calls out, shown or not.
    """
    hub: Any = torch.hub  # the bar is imported there, not declared
    theirs = hub.tqdm

    class Asking(theirs):  # type: ignore[misc, valid-type] # its class is only known when it runs
        """One download that can be cancelled."""

        def update(self, n: float | None = 1) -> Any:
            if not still_wanted():
                raise CancelledError
            return super().update(n)

    hub.tqdm = Asking
    try:
        yield
    finally:
        hub.tqdm = theirs


@contextmanager
def _watched(workplace: Path, size_bytes: int, progress: Progress | None) -> Iterator[None]:
    """Inside, `progress` hears how much of the file is there: torch's loader itself only knows a progress bar."""
    if progress is None:
        yield
        return
    done = Event()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY_S):
            progress(min(_bytes_in(workplace), size_bytes), size_bytes)

    watcher = Thread(target=watch, name="download progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    progress(size_bytes, size_bytes)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.iterdir():
        try:
            total += path.stat().st_size
        except OSError:  # renamed between the listing and the look
            continue
    return total
