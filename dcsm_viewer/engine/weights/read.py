"""The reader of weights: any format in, checked float32 tensors with class names and input convention out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from dcsm_viewer.core.label_values import MAX_CLASSES
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names, voc_groups
from dcsm_viewer.engine.networks.efficientnet_lite import VARIANTS
from dcsm_viewer.engine.networks.input_spec import InputSpec
from dcsm_viewer.engine.weights.channel_order import caffe_input_spec
from dcsm_viewer.engine.weights.class_list import read_class_list
from dcsm_viewer.engine.weights.detect import Format, format_of
from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.formats.caffe import read_caffe
from dcsm_viewer.engine.weights.formats.matconvnet import read_matconvnet
from dcsm_viewer.engine.weights.formats.safetensors_file import read_safetensors
from dcsm_viewer.engine.weights.formats.torch_file import read_torch
from dcsm_viewer.engine.weights.validate import validated_efficientnet, validated_module, validated_vgg16
from dcsm_viewer.engine.weights.weights_file import Head, ReadWeights, WeightsFile

_READERS: dict[Format, Callable[[Path, str | None], ReadWeights]] = {
    "caffe": lambda path, _: read_caffe(path),
    "matlab 5": lambda path, _: read_matconvnet(path, hdf5=False),
    "matlab 7.3": lambda path, _: read_matconvnet(path, hdf5=True),
    "torch zip": lambda path, architecture: read_torch(path, zipped=True, architecture=architecture),
    "torch legacy": lambda path, architecture: read_torch(path, zipped=False, architecture=architecture),
    "safetensors": read_safetensors,
}
_ASSUMED_NOTE = "The mean and deviation of its input are assumed to be ImageNet's; for others give --mean and --std."
_SIGMOID_NOTE = (
    "Each output is read as a sigmoid of its own, as a multi-label network's; for one trained to choose a single class "
    "say --head softmax."
)
_SOFTMAX_NOTE = (
    "The outputs are read as one softmax, as of a network trained to choose a single class; for a multi-label one say "
    "--head sigmoid."
)
_MOST_CLASSES_16_BITS = 2**16 - 2


def read_weights(
    path: Path | str,
    *,
    class_names_file: Path | None = None,
    convention: InputSpec | None = None,
    architecture: str | None = None,
    head: Head | None = None,
) -> WeightsFile:
    """Read and check the weights of a file; the format is told from its content, and no code in it is run.

    Parameters
    ----------
    path
        Of the file.
    class_names_file
        Names by output id (class_list.py), before those in the file. Without either, 20 outputs are PASCAL VOC's in
        alphabetical order (A4), 1000 ImageNet's, others 'class 0', 'class 1' ...
    convention
        How the network wants its pixels, before what the file says; files of the Caffe family are asked for it by
        their conv1_1.
    architecture
        Such as "torchvision/resnet50", where the keys do not tell.
    head
        How outputs become scores.

    Returns
    -------
    WeightsFile
        Checked tensors with what is known of them.

    Raises
    ------
    UserError
        One sentence for everything that is wrong with the file.
    """
    path = Path(path)
    read = _READERS[format_of(path)](path, architecture)
    tensors = _CHECKS.get(read.architecture, validated_module)(path.name, read.tensors)
    outputs = _outputs(read, tensors)
    _check_groups(path.name, read, outputs)
    names, notes = _class_names(path.name, read, outputs if read.groups is None else len(read.groups), class_names_file)
    on_labels = _notes_on_labels(path.name, len(names))
    wanted, why = _convention(read, tensors, convention)
    wanted_head, why_head = _head(read, names, head)
    return WeightsFile(
        architecture=read.architecture,
        tensors=tensors,
        class_names=names,
        convention=wanted,
        ceil_mode=read.ceil_mode,
        digest=sha256_of(path),
        source=read.source,
        notes=(*read.notes, *notes, *on_labels, *why, *why_head),
        licence=read.licence,
        recipe=read.recipe,
        groups=read.groups,
        head=wanted_head,
        layer_names=read.layer_names,
    )


_CHECKS: dict[str, Callable[[str, Mapping[str, Tensor]], dict[str, Tensor]]] = {
    "vgg16": validated_vgg16,
    **dict.fromkeys(VARIANTS, validated_efficientnet),
}


def voc_names() -> tuple[str, ...]:
    """PASCAL VOC's 20 classes in alphabetical order."""
    return voc_groups().names


def _outputs(read: ReadWeights, tensors: dict[str, Tensor]) -> int:
    return read.outputs or tensors["fc8.bias" if read.architecture == "vgg16" else "_fc.bias"].numel()


def _check_groups(file_name: str, read: ReadWeights, outputs: int) -> None:
    """Nothing, for groups that name outputs that are there."""
    for class_id, group in enumerate(read.groups or ()):
        if not group or not all(0 <= member < outputs for member in group):
            raise UserError(
                f"{file_name} makes class {class_id} of outputs {list(group)[:3]}, but has outputs 0 to {outputs - 1}; "
                "the file is damaged."
            )


def _class_names(
    file_name: str, read: ReadWeights, outputs: int, given: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names, notes); raises UserError where there are more or fewer names than outputs."""
    if given is not None:
        names = read_class_list(given)
        if len(names) != outputs:
            raise UserError(f"{given.name} names {len(names)} classes, but {file_name} has {outputs} outputs.")
        return names, ()
    if read.class_names is not None:
        if len(read.class_names) != outputs:
            raise UserError(
                f"{file_name} names {len(read.class_names)} classes inside but has {outputs} outputs; "
                "give a class list with --classes."
            )
        return read.class_names, ()
    for known, title in ((voc_names(), "PASCAL VOC's 20, alphabetical"), (imagenet_names(), "ImageNet's 1000")):
        if len(known) == outputs:
            return known, (f"Class names: {title}, because there are {outputs} outputs.",)
    unnamed = "The one class has no name" if outputs == 1 else f"The {outputs} classes have no names"
    return (
        tuple(f"class {number}" for number in range(outputs)),
        (f"{unnamed}; give a class list to name {'it' if outputs == 1 else 'them'}.",),
    )


def _notes_on_labels(file_name: str, classes: int) -> tuple[str, ...]:
    """What the number of classes means for masks; raises UserError where no mask can hold them."""
    # Label 0 is the background, the greatest that the type holds is 'ignore', and a class has its id + 1.
    if classes > _MOST_CLASSES_16_BITS:
        raise UserError(
            f"{file_name} has {classes} classes, and masks hold at most {_MOST_CLASSES_16_BITS}; "
            "give a network with fewer outputs."
        )
    if classes > MAX_CLASSES:
        note = (
            f"{classes} classes are more than the {MAX_CLASSES} that a mask of 8 bits can hold: labels have "
            "16 bits, and formats that are VOC palette images are refused."
        )
        return (note,)
    return ()


def _convention(
    read: ReadWeights, tensors: dict[str, Tensor], given: InputSpec | None
) -> tuple[InputSpec, tuple[str, ...]]:
    """(convention, notes)."""
    if given is not None:
        return given, (f"Input convention chosen by the user: {given}.",)
    if read.convention is not None:
        is_guess = read.outputs is not None and read.class_names is None
        return read.convention, (_ASSUMED_NOTE,) if is_guess else ()
    found, why = caffe_input_spec(tensors["conv1_1.weight"])
    return found, (why,)


def _head(read: ReadWeights, names: tuple[str, ...], given: Head | None) -> tuple[Head | None, tuple[str, ...]]:
    """(head, notes): as chosen, as the file says, or as such networks mostly are; a guess is said aloud."""
    if given is not None:
        return given, ()
    if read.head is not None or read.groups is not None or read.class_names is not None:
        return read.head, ()
    if read.outputs is not None:
        return "softmax", (_SOFTMAX_NOTE,) if names != imagenet_names() else ()
    is_imagenet = names == imagenet_names()
    return None, () if is_imagenet else (_SIGMOID_NOTE,)
