"""Maps of other methods to compare with: Grad-CAM and FinerCAM, computed by the package grad-cam if it is there.

They take the place of the raw saliency maps, so scales, CRF, pictures and exports treat all methods alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dcsm_viewer.core.settings import AttributionMethod, BaselineName
from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.baselines.torch_modules import CamModule, WrappedModule, cam_layer, to_torch_module
from dcsm_viewer.engine.model_cache import Model
from dcsm_viewer.engine.runtime.torch_pair import pair_trouble

if TYPE_CHECKING:
    from pytorch_grad_cam import FinerCAM, GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget, FinerWeightedTarget

TITLES: dict[BaselineName, str] = {"gradcam": "Grad-CAM", "finercam": "FinerCAM"}
NEAREST = 3  # how many classes FinerCAM contrasts with; its package's own number
CONTRAST = 1.0  # how much of them is taken away; its package's own number


def baseline_of(method: AttributionMethod) -> BaselineName | None:
    """Return the baseline that an attribution method is; None for gradients of our own passes."""
    return method if method == "gradcam" or method == "finercam" else None  # noqa: PLR1714  # narrows the type


def baseline_maps(
    baseline: BaselineName,
    model: Model,
    network_input: Tensor,
    class_ids: Sequence[int],
    on_progress: Callable[[str], None],
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Compute the map of a baseline for each class, by the package grad-cam.

    FinerCAM contrasts a class with the three whose logits are nearest.

    Parameters
    ----------
    baseline
        Which one.
    model
        The network and its class head.
    network_input
        (1, 3, h, w).
    class_ids
        The classes, in the order in which their maps are yielded.
    on_progress
        Called for each class; may raise to stop.

    Returns
    -------
    Iterator
        (class id, {layer: map (h, w)}): in [0, 1], float32, as large as the network input.

    Raises
    ------
    UserError
        The package is missing or cannot be imported.
    """
    package = _package(baseline)
    module = to_torch_module(model)
    pixels = network_input.float()
    nearest = _nearest(module, pixels, class_ids) if baseline == "finercam" else {}
    for index, class_id in enumerate(class_ids, 1):
        on_progress(f"class {index} of {len(class_ids)}, {TITLES[baseline]}")
        if baseline == "gradcam":
            target: object = package.one_class(class_id)
        else:
            target = package.contrast(class_id, nearest[class_id], CONTRAST)
        kind = package.grad_cam if baseline == "gradcam" else package.finer_cam
        reshape = module.on_grid if isinstance(module, WrappedModule) else None
        # Gradients are wanted here, whatever the thread is set to. The package's hooks end with the block.
        with torch.enable_grad(), kind(module, [module.features], reshape_transform=reshape) as cam:
            found = cam(input_tensor=pixels, targets=[target])
        yield class_id, {cam_layer(model): torch.from_numpy(found[0]).to(network_input.device)}


@dataclass(frozen=True, slots=True)
class _Package:
    """The two ways of grad-cam to a map (1, h, w), and what each makes a map of."""

    grad_cam: type[GradCAM]
    finer_cam: type[FinerCAM]
    one_class: type[ClassifierOutputTarget]
    contrast: type[FinerWeightedTarget]


def _package(baseline: BaselineName) -> _Package:
    try:
        from pytorch_grad_cam import FinerCAM, GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget, FinerWeightedTarget
    except ModuleNotFoundError as missing:
        raise UserError(
            f"{TITLES[baseline]} needs the package grad-cam ({missing.name} is not installed); "
            "run `pip install dcsm-viewer[baselines]`."
        ) from None
    except (ImportError, RuntimeError, OSError) as error:  # a torchvision built for another torch fails on operators
        raise UserError(
            f"{TITLES[baseline]} needs the package grad-cam, which cannot be imported here ({error}). "
            + (pair_trouble() or "Run `pip install --force-reinstall grad-cam`.")
        ) from None
    return _Package(GradCAM, FinerCAM, ClassifierOutputTarget, FinerWeightedTarget)


def _nearest(module: CamModule, pixels: Tensor, class_ids: Sequence[int]) -> dict[int, list[int]]:
    """For each class the others whose logits are nearest to its own."""
    with torch.no_grad():
        logits = module(pixels)[0]
    order = {class_id: (logits - logits[class_id]).abs().argsort(stable=True).tolist() for class_id in class_ids}
    return {class_id: [other for other in ids if other != class_id][:NEAREST] for class_id, ids in order.items()}
