from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from numpy import float32
from numpy.typing import NDArray
from torch import Tensor, nn

class GradCAM:
    def __init__(
        self,
        model: nn.Module,
        target_layers: Sequence[nn.Module],
        reshape_transform: Callable[[Tensor], Tensor] | None = None,
    ) -> None: ...
    def __call__(self, input_tensor: Tensor, targets: Sequence[Any]) -> NDArray[float32]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class FinerCAM(GradCAM): ...
