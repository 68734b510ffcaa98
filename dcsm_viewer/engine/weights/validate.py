"""The checks every format goes through: layers, shapes that fit one another, finite values of a sane size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.efficientnet_lite import HEAD_CHANNELS, STEM_CHANNELS, LiteVariant, variant_of
from dcsm_viewer.engine.networks.vgg16 import CONVOLUTIONS, DENSE
from dcsm_viewer.engine.weights.architectures.signatures import is_float
from dcsm_viewer.engine.weights.bounds import MAX_VALUES

_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
# The largest magnitude in VGG-16 and EfficientNet-Lite0 is below 600 (a running variance); a file read with the
# wrong byte order has 1e30 and 1e-40.
_LARGEST = 1e4
_LARGEST_VARIANCE = 1e8
_SMALLEST = 1e-12


def validated_vgg16(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check tensors and return them as float32 in canonical shapes; every width follows from the one before.

    fc6 may come as (O, I * 49), fc7 and fc8 as (O, I), or as (1, 1, O, I), as old Caffe files have them. Raises
    UserError naming the first layer that is missing or does not fit, with what was expected and found.
    """
    sound: dict[str, Tensor] = {}
    width, owner = 3, "the image"
    _check_present(file_name, tensors, [f"{name}.{part}" for name in (*CONVOLUTIONS, *DENSE) for part in _PARTS])
    for name in (*CONVOLUTIONS, *DENSE):
        kernel = 3 if name in CONVOLUTIONS else 7 if name == "fc6" else 1
        weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
        for part, tensor in zip(_PARTS, (weight, bias), strict=True):
            _check_kind(file_name, f"{name}.{part}", tensor)
        outputs = _outputs(weight, kernel)
        if outputs is None or weight.numel() != outputs * width * kernel * kernel:
            raise UserError(
                f"{file_name} does not fit together at {name}: {owner} gives {width} channels, so its weights should "
                f"be (any, {width}, {kernel}, {kernel}); found {tuple(weight.shape)}."
            )
        if bias.numel() != outputs:
            raise UserError(
                f"{file_name} does not fit together at {name}: it has {outputs} outputs but {bias.numel()} biases."
            )
        sound[f"{name}.weight"] = _sound(
            file_name, f"{name}.weight", weight.reshape(outputs, width, kernel, kernel), _LARGEST
        )
        sound[f"{name}.bias"] = _sound(file_name, f"{name}.bias", bias.reshape(outputs), _LARGEST)
        width, owner = outputs, name
    return sound


def validated_efficientnet(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check tensors by names and shapes of the packaged EfficientNet-Lite0, any number of classes; return float32.

    Raises UserError naming the first tensor that is missing, does not fit or does not belong.
    """
    variant = variant_of(tensors)
    shapes = dict(_efficientnet_shapes(variant))
    _check_present(file_name, tensors, [*shapes, "_fc.weight", "_fc.bias"])
    shapes["_fc.bias"] = (tensors["_fc.bias"].numel(),)
    shapes["_fc.weight"] = (tensors["_fc.bias"].numel(), HEAD_CHANNELS)
    sound: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name not in shapes:
            raise UserError(f"{file_name} holds '{name}', which {_title(variant)} does not have.")
        _check_kind(file_name, name, tensor)
        if tuple(tensor.shape) != shapes[name]:
            raise UserError(
                f"{file_name} is not {_title(variant)}: {name} should be {shapes[name]}; found {tuple(tensor.shape)}."
            )
        variance = name.endswith("running_var")
        sound[name] = _sound(file_name, name, tensor, _LARGEST_VARIANCE if variance else _LARGEST)
        if variance and float(sound[name].min()) < 0:
            raise UserError(f"{file_name} has a negative variance in {name}; get the file again.")
    return sound


def validated_module(file_name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a network whose keys and shapes are known to fit, its weights as float32.

    Raises UserError naming the first tensor whose values cannot be a network's.
    """
    sound: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if not is_float(tensor):  # indices, such as Swin's relative positions
            sound[name] = tensor
            continue
        _check_kind(file_name, name, tensor)
        sound[name] = _sound(file_name, name, tensor, _LARGEST_VARIANCE)
    return sound


_PARTS = ("weight", "bias")


def _check_present(file_name: str, tensors: Mapping[str, Tensor], expected: list[str]) -> None:
    missing = [name for name in expected if name not in tensors]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UserError(f"{file_name} lacks {', '.join(missing[:3])}{more}; give the weights of the whole network.")


def _check_kind(file_name: str, name: str, tensor: Tensor) -> None:
    """Nothing, for a dense float tensor on the CPU that owns as many values as it claims."""
    if tensor.dtype not in _FLOATS:
        kind = str(tensor.dtype).removeprefix("torch.")
        raise UserError(f"{file_name} stores {name} as {kind}; save the weights as float32.")
    if tensor.layout is not torch.strided or tensor.device.type != "cpu":
        raise UserError(f"{file_name} stores {name} in a form without plain values; save the weights as float32.")
    if not 0 < tensor.numel() <= MAX_VALUES:
        raise UserError(f"{file_name} claims {tensor.numel()} values in {name}; that cannot be a network's.")
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise UserError(f"{file_name} claims more values in {name} than it holds; it is damaged or made to deceive.")


def _outputs(weight: Tensor, kernel: int) -> int | None:
    """The number of outputs of a weight, whether convolution (O, I, k, k) or matrix (O, I k k); None for neither."""
    shape = list(weight.shape)
    while len(shape) > 2 and shape[0] == 1 and len(shape) != 4:
        del shape[0]
    if len(shape) == 4 and tuple(shape[2:]) == (kernel, kernel):
        return shape[0]
    if (
        len(shape) == 4 and shape[:2] == [1, 1] and kernel != 3
    ):  # num and channels of a legacy blob; its matrix is height x width
        return shape[2]
    if len(shape) == 2 and kernel != 3:
        return shape[0]
    return None


def _sound(file_name: str, name: str, tensor: Tensor, largest: float) -> Tensor:
    """The tensor as contiguous float32, if its values can be those of a trained network."""
    tensor = tensor.detach().to(torch.float32).contiguous()
    low, high = (float(value) for value in tensor.aminmax())
    reach = max(abs(low), abs(high))
    if not (low > -torch.inf and high < torch.inf):  # false for NaN too
        raise UserError(f"{file_name} has NaN or infinity in {name}; the training went wrong or the file is damaged.")
    if reach > largest:
        raise UserError(f"{file_name} reaches {reach:.3g} in {name}; trained weights stay below {largest:g}.")
    if reach < _SMALLEST and name.endswith("weight") and tensor.ndim > 1:  # factors of a normalisation may be 0
        raise UserError(f"{file_name} has nothing but zeros in {name}; the file is damaged or was never trained.")
    return tensor


def _title(variant: LiteVariant) -> str:
    return variant.name.replace("efficientnet-lite", "EfficientNet-Lite")


def _efficientnet_shapes(variant: LiteVariant) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every tensor but the classifier's."""

    def normalised(convolution: str, norm: str, shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{convolution}.weight", shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            yield f"{norm}.{part}", shape[:1]

    channels, block = STEM_CHANNELS, 0
    yield from normalised("_conv_stem", "_bn0", (channels, 3, 3, 3))
    for stage in variant.stages:
        kernel, width = stage.kernel, stage.channels
        for _ in range(stage.repeats):
            name, inner = f"_blocks.{block}.", channels * stage.expansion
            if stage.expansion > 1:
                yield from normalised(f"{name}_expand_conv", f"{name}_bn0", (inner, channels, 1, 1))
            yield from normalised(f"{name}_depthwise_conv", f"{name}_bn1", (inner, 1, kernel, kernel))
            yield from normalised(f"{name}_project_conv", f"{name}_bn2", (width, inner, 1, 1))
            channels, block = width, block + 1
    yield from normalised("_conv_head", "_bn1", (HEAD_CHANNELS, channels, 1, 1))
