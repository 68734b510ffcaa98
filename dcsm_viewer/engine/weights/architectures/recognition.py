"""Which of torchvision's classifiers a state_dict is of, with any number of outputs; or the nearest one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.weights.architectures.module_building import empty_module
from dcsm_viewer.engine.weights.architectures.signatures import (
    CLASSES,
    COUNTER,
    Shapes,
    Signature,
    shapes_of,
    torchvision_signatures,
    with_class_count,
    without_memory,
)

_SHOWN = 3  # keys in a sentence
_DEEPEST_PREFIX = 3  # steps, as in "model.backbone.net."


@dataclass(frozen=True, slots=True)
class Recognised:
    """A network recognised by the names and shapes of its tensors.

    architecture: such as "torchvision/resnet50". tensors: by its keys. notes: what was decided on the way.
    """

    architecture: str
    tensors: Mapping[str, Tensor]
    classes: int
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return what the file is, for people."""
        library, _, name = self.architecture.partition("/")
        outputs = f"{self.classes:,} outputs" if self.classes > 1 else "one output"
        return f"This is {library}'s {name} with {outputs}."


def recognise(file_name: str, tensors: Mapping[str, Tensor], architecture: str | None = None) -> Recognised:
    """Return the architecture that the keys and shapes of a state_dict are of.

    Parameters
    ----------
    file_name
        For sentences.
    tensors
        A state_dict; a prefix that all keys share, and a head of one linear layer within a Sequential, are understood.
    architecture
        What the user says it is; None to find out among torchvision's classifiers.

    Raises
    ------
    UserError
        Where it is none of them, naming the nearest and the first keys that differ.
    """
    signatures = torchvision_signatures() if architecture is None else (_signature_of(architecture),)
    for prefix in _prefixes(tensors):
        bare = {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
        found = [match for signature in signatures if (match := _match(signature, bare)) is not None]
        if not found:
            continue
        if len(found) > 1:
            names = " and ".join(match.architecture for match in found)
            raise UserError(f"{file_name} may be {names}; say which with --architecture.")
        beside = [key for key in tensors if not key.startswith(prefix)]
        if beside:
            raise UserError(
                f"{file_name} holds '{beside[0]}' beside the network under '{prefix}'; save the network's state_dict "
                "alone."
            )
        return found[0]
    raise UserError(_unknown(file_name, tensors, signatures))


def _signature_of(architecture: str) -> Signature:
    for signature in torchvision_signatures():
        if signature.name == architecture:
            return signature
    with without_memory():
        some, others = (empty_module(architecture, classes).state_dict() for classes in (7, 9))
    return Signature(architecture, with_class_count(some, others))


def _prefixes(tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """No prefix, then each that keys begin with, the shortest first."""
    yield ""
    found = dict.fromkeys(
        ".".join(key.split(".")[:depth]) + "."
        for depth in range(1, _DEEPEST_PREFIX + 1)
        for key in tensors
        if key.count(".") > depth
    )
    # A network is most of its file.
    yield from (prefix for prefix in found if sum(key.startswith(prefix) for key in tensors) * 2 > len(tensors))


def _match(signature: Signature, tensors: Mapping[str, Tensor]) -> Recognised | None:
    named, notes = _with_plain_head(signature, tensors)
    shapes = shapes_of(named)
    for each in (signature, signature.without_auxiliary()) if signature.auxiliary else (signature,):
        if shapes.keys() != each.shapes.keys():
            continue
        classes = _fitting_classes(each, shapes)
        if classes is not None:
            kept = {key: tensor for key, tensor in named.items() if not key.endswith(COUNTER)}
            return Recognised(each.name, kept, classes, notes)
    return None


def _with_plain_head(
    signature: Signature, tensors: Mapping[str, Tensor]
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """The tensors, a head such as fc.1.weight under the name it has in the library; and a note that says so."""
    if not signature.head or signature.head[-1] in tensors:
        return tensors, ()
    owner = signature.head[-1].rpartition(".")[0]
    inner = re.compile(re.escape(owner) + r"\.\d+\.(weight|bias)")
    own = {key: found[1] for key in tensors if (found := inner.fullmatch(key))}
    if sorted(own.values()) != sorted(key.rpartition(".")[2] for key in signature.head if key.startswith(f"{owner}.")):
        return tensors, ()
    renamed = {f"{owner}.{own[key]}" if key in own else key: tensor for key, tensor in tensors.items()}
    return renamed, (f"Its head '{next(iter(own)).rpartition('.')[0]}' was read as '{owner}'.",)


def _fitting_classes(signature: Signature, shapes: Shapes) -> int | None:
    """The number of outputs for which all shapes fit, None where some do not."""
    classes: int | None = None
    for key, expected in signature.shapes.items():
        found = shapes[key]
        if len(found) != len(expected):
            return None
        for size, wanted in zip(found, expected, strict=True):
            if wanted == CLASSES:
                classes = size  # auxiliary heads come first, and may have kept another number
            elif size != wanted:
                return None
    return classes


def _unknown(file_name: str, tensors: Mapping[str, Tensor], signatures: Sequence[Signature]) -> str:
    """The sentence on a state_dict that none of the signatures fits."""
    best, bare = _nearest(tensors, signatures)
    shapes = shapes_of(bare)
    fitting = _fitting(best, shapes)
    library, _, name = best.name.partition("/")
    if sum(key in shapes for key in best.shapes) * 2 < len(best.shapes):
        first = ", ".join(list(tensors)[:_SHOWN])
        return (
            f"{file_name} is a network that is not known here ({len(tensors)} tensors: {first} ...); give a state_dict "
            "of VGG-16, EfficientNet-Lite or one of torchvision's classifiers, or name its architecture."
        )
    differences = []
    lacking = [key for key in best.shapes if key not in shapes]
    surplus = [key for key in shapes if key not in best.shapes]
    if lacking:
        differences.append(f"lacks {_some(lacking)}")
    if surplus:
        differences.append(f"holds {_some(surplus)} besides")
    other = [key for key, shape in best.shapes.items() if key in shapes and not _fits(shape, shapes[key])]
    if other:
        expected = tuple("classes" if size == CLASSES else size for size in best.shapes[other[0]])
        differences.append(f"has {other[0]} of {shapes[other[0]]} and not {expected}".replace("'", ""))
    return (
        f"{file_name} is nearest to {library}'s {name} ({fitting} of {len(best.shapes)} tensors fit), but it "
        f"{', '.join(differences)}; give the whole state_dict of one network, or name its architecture."
    )


def _nearest(tensors: Mapping[str, Tensor], signatures: Sequence[Signature]) -> tuple[Signature, Mapping[str, Tensor]]:
    """The signature that most tensors fit, and the tensors without the prefix under which they do."""
    candidates = [
        (_nearness(signature, shapes_of(bare)), index, signature, bare)
        for prefix in _prefixes(tensors)
        for bare in [{key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}]
        for index, signature in enumerate(signatures)
    ]
    _, _, best, bare = max(candidates, key=lambda each: (each[0], -each[1]))
    return best, bare


def _nearness(signature: Signature, shapes: Shapes) -> float:
    """How much of the larger of the two fits, by name and by name and shape."""
    named = sum(key in shapes for key in signature.shapes)
    return (named + _fitting(signature, shapes)) / max(len(signature.shapes), len(shapes))


def _fitting(signature: Signature, shapes: Shapes) -> int:
    return sum(key in shapes and _fits(shape, shapes[key]) for key, shape in signature.shapes.items())


def _fits(expected: tuple[int, ...], found: tuple[int, ...]) -> bool:
    return len(expected) == len(found) and all(
        wanted in {CLASSES, size} for wanted, size in zip(expected, found, strict=True)
    )


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + more
