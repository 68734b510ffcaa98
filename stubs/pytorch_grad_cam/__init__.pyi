from collections.abc import Sequence
from typing import Any

from numpy import float32
from numpy.typing import NDArray
from torch import Tensor, nn

class GradCAM:
    def __init__(self, model: nn.Module, target_layers: Sequence[nn.Module]) -> None: ...
    def __call__(self, input_tensor: Tensor, targets: Sequence[Any]) -> NDArray[float32]: ...

class FinerCAM(GradCAM): ...
