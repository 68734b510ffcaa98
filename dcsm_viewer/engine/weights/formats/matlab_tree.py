"""MATLAB variables as plain trees: structs become dictionaries, cells lists, text str, numbers arrays.

Arrays have MATLAB's axes in MATLAB's order. What no network needs (functions, objects) becomes an empty array.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | NDArray[Any]"

WANTED = ("layers", "net", "meta", "classes")
MAX_DEPTH = 12
