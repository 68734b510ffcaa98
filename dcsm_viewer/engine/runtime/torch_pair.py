"""Whether the installed torchvision belongs to the installed torch: its operators are built for one torch only."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import torch

# torchvision's minor version is torch's plus this: 0.21 belongs to 2.6, 0.29 to 2.14.
_MINORS_APART = 15


def pair_trouble() -> str | None:
    """Return a sentence with the remedy where torchvision cannot be imported or lacks its operators, else None."""
    try:
        from torchvision.ops import nms  # type: ignore[import-untyped] # ships no type information

        # The import of a build without its operators may succeed; a call does not.
        nms(torch.zeros(1, 4), torch.ones(1), 0.5)
    except (ImportError, RuntimeError, OSError, AttributeError) as error:
        try:
            installed = version("torchvision")
        except PackageNotFoundError:
            return f"torchvision is not installed: {_remedy()}"
        told = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return f"torchvision {installed} does not fit torch {torch.__version__} ({told}): {_remedy()}"
    return None


def _remedy() -> str:
    major, minor = torch.__version__.split(".")[:2]
    wanted = f"0.{int(minor) + _MINORS_APART}" if major == "2" else "built for it"
    return (
        f"install the torchvision that belongs to this PyTorch, {wanted}, from the index that torch came from, "
        f"or both anew (pip install --force-reinstall torch torchvision)."
    )
