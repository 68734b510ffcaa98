"""The same settings give the same bytes, whatever was looked at before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dcsm_viewer.core.settings import MethodSettings, Settings
from dcsm_viewer.engine.model_cache import ModelCache
from dcsm_viewer.engine.networks.class_head import SigmoidClasses
from dcsm_viewer.engine.stages.gradients import raw_maps
from dcsm_viewer.io.images import read_image
from tests.histories import differing
from tests.samples import SAMPLE
from tests.unit.engine.analysis.stages import NAMES, vgg

# fc6 then has 3x3 positions: nine columns a class are no multiple of what matrix products go through at once, so
# that on most processors the columns of several classes side by side are rounded otherwise than those of one.
SIDE = 288


def test_that_a_class_has_the_same_maps_whichever_classes_go_back_with_it() -> None:
    model = vgg()
    pixels = torch.from_numpy(np.random.default_rng(1).normal(scale=50, size=(1, 3, SIDE, SIDE)).astype(np.float32))
    trace = model.network.forward(pixels)
    model = replace(model, class_head=SigmoidClasses(NAMES))

    def found(*ids: int) -> dict[int, dict[str, torch.Tensor]]:
        return dict(raw_maps(model, trace, ids, model.network.layer_names, MethodSettings(), lambda _: None))

    together = found(0, 1, 2, 3, 4)
    for ids in ((0, 1), (2, 3, 4), (4, 3), (1,)):
        for class_id, maps in found(*ids).items():
            for layer, values in maps.items():
                assert torch.equal(values, together[class_id][layer]), (ids, class_id, layer)


@pytest.mark.parametrize(("model", "scales"), [("lite0-voc", (128, 192)), ("vgg16-voc", (224, 288))])
def test_that_an_export_is_replayed_byte_by_byte_after_any_history(
    model: str, scales: tuple[int, ...], model_cache: ModelCache, tmp_path: Path
) -> None:
    """benchmarks/histories.py does the same at the real size, ten histories a network."""
    image = read_image(str(SAMPLE))
    method = replace(MethodSettings(), canvas_px=192, scales=scales, threshold=0.05)
    settings = Settings(model=model, method=method, device="cpu")
    assert dict(differing(model_cache, image, settings, range(2), tmp_path)) == {0: (), 1: ()}
