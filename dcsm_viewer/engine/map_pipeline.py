"""From raw maps to Results: candidates, subtraction, segmentation, and what the window sees on the way."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from dcsm_viewer.core.settings import MethodSettings
from dcsm_viewer.core.types import ALL_PARTS, Completeness, FocusMaps, Result, ResultPart, Segmentation, read_only
from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.focus_maps import focus_on
from dcsm_viewer.engine.stages.network_passes import NetworkPasses
from dcsm_viewer.engine.stages.pass_outputs import PassOutputs, run_passes
from dcsm_viewer.engine.stages.segmentation import Segmenter
from dcsm_viewer.engine.stages.subtraction.class_maps import Subtracted, raw_class_maps, subtract
from dcsm_viewer.engine.stages.subtraction.preview import Preview, make_preview

PREFETCH_CLASSES = 6  # candidates whose raw maps are prefetched while no request waits


@dataclass(frozen=True, slots=True)
class MapPipeline:
    """The second half of a request; `passes` is the first.

    want: the parts of a Result to compute. A part that is not wanted is empty or None in it; class maps and raw maps
    are always there.
    """

    passes: NetworkPasses
    want: frozenset[ResultPart] = ALL_PARTS

    @property
    def method(self) -> MethodSettings:
        """The method of the request."""
        return self.passes.method

    def partial_results(self) -> Iterator[Result]:
        """Yield what can be shown before the settled Result: scale by scale, then all at reduced size, then exact maps.

        Nothing that is cached already is announced: a request that needs no work yields none. Only a scale never seen
        before is worth a partial result: fewer scales than the displayed ones would be a step back. A preview of the
        maps waits for no labels, and neither do the exact maps: those of the reduced CRF come after them.
        """
        scales = self._scale_order()
        for count in range(1, len(scales)):
            if not self.passes.has_scores(scales[count]):
                outputs = run_passes(self.passes, scales[:count])
                preview = make_preview(outputs, self.passes)
                subtracted = self._subtract(preview.outputs, preview.side_px)
                labels = self.segmenter(outputs, subtracted).without_crf()
                yield self._result(outputs, "partial", subtracted, labels, preview)
        outputs = run_passes(self.passes, scales)
        if not self.passes.stopwatch.has("subtraction", self.subtraction_key(outputs)):
            preview = make_preview(outputs, self.passes)
            yield self._result(outputs, "preview", self._subtract(preview.outputs, preview.side_px), None, preview)
            yield self._result(outputs, "preview", self.subtracted(outputs), None)
        subtracted = self.subtracted(outputs)
        segmenter = self.segmenter(outputs, subtracted)
        if not segmenter.is_cached:
            # The labels of the reduced maps stand in until the exact ones are there.
            yield self._result(outputs, "preview", subtracted, segmenter.preview())

    def outputs(self) -> PassOutputs:
        """Return scores and raw maps of all scales."""
        return run_passes(self.passes, self._scale_order())

    def settled(self) -> Result:
        """Return the exact Result of the whole request."""
        outputs = self.outputs()
        subtracted = self.subtracted(outputs)
        labels = self.segmenter(outputs, subtracted).exact() if "labels" in self.want else None
        return self._result(outputs, "settled", subtracted, labels)

    def prefetch(self) -> None:
        """Raw maps of the classes that would join if N were a little larger."""
        more = max(self.method.min_candidates + 2, PREFETCH_CLASSES) if self.method.min_candidates else 0
        ahead = replace(self.method, min_candidates=more)
        request = replace(self.passes.request, settings=replace(self.passes.request.settings, method=ahead))
        run_passes(replace(self.passes, request=request), self._scale_order())

    def _scale_order(self) -> tuple[int, ...]:
        # The scale nearest the canvas sees the image at its own size: the best first guess.
        def order(scale: int) -> tuple[bool, int, int]:
            return not self.passes.has_scores(scale), abs(scale - self.method.canvas_px), scale

        return tuple(sorted(self.method.scales, key=order))

    def subtracted(self, outputs: PassOutputs) -> Subtracted:
        """Return the exact class maps, made now if they are not there."""
        key = self.subtraction_key(outputs)
        if not self.passes.stopwatch.has("subtraction", key):
            self.passes.checkpoint("subtraction", "exact")
        return self.passes.stopwatch.get("subtraction", key, lambda: self._subtract(outputs, None))

    def _subtract(self, outputs: PassOutputs, side_px: int | None) -> Subtracted:
        detection = outputs.detection
        if not detection.candidate_ids:
            nothing = torch.zeros(0, *self.passes.request.image.shape)
            return Subtracted(nothing, nothing, ())
        return subtract(
            outputs.candidate_maps,
            detection,
            self._layered,
            self.passes.canvas()[1],
            side_px=side_px,
            tracked_class=outputs.focus if "focus" in self.want and outputs.focus in detection.detected_ids else None,
            known_raw_maps=self._raw_class_maps(outputs, side_px)[: len(detection.candidate_ids)],
        )

    def _raw_class_maps(self, outputs: PassOutputs, side_px: int | None) -> Tensor:
        """The raw class maps of all classes on show (K', h, w), each kept for itself: no rival changes it.

        Empty (0, 0, 0) where neither they nor the maps of the class on display are wanted.
        """
        if not self.want & {"raw_class_maps", "focus"}:
            return torch.zeros(0, 0, 0)
        no_rivals = replace(
            self.method,
            threshold=0.0,
            score_reduction="max",
            min_candidates=0,
            skip_undetected_scales=False,
            maps_for="detected",
        )
        base = ("plain", self.passes.forward_key, no_rivals, outputs.scales, side_px)
        stopwatch = self.passes.stopwatch
        maps = {
            c: stopwatch.intermediate("subtraction", (*base, c), Tensor)
            for c in outputs.shown_ids
            if stopwatch.has("subtraction", (*base, c))
        }
        missing = [c for c in outputs.shown_ids if c not in maps]
        if missing:
            rows = [outputs.shown_ids.index(c) for c in missing]
            of_missing = {key: raw[rows] for key, raw in outputs.raw.items()}
            made = raw_class_maps(of_missing, self._layered, self.passes.canvas()[1], side_px=side_px)
            for class_id, of_class in zip(missing, made, strict=True):
                maps[class_id] = of_class.clone()
                stopwatch.put("subtraction", (*base, class_id), maps[class_id])
        return torch.stack([maps[c] for c in outputs.shown_ids])

    @property
    def _layered(self) -> MethodSettings:
        return replace(self.method, layers=self.passes.layers)

    def subtraction_key(self, outputs: PassOutputs) -> tuple[Hashable, ...]:
        """Return what the subtraction reads: the cache key for what tools make of the same."""
        detection = outputs.detection
        detected_at = tuple((scale, tuple(sorted(ids))) for scale, ids in sorted(detection.detected_at.items()))
        # Threshold and N act through the candidates alone, but that 0 switches the subtraction off.
        read = replace(
            self._layered,
            preset="paper",  # a name, which no arithmetic reads
            threshold=0.0,
            score_reduction="max",
            min_candidates=min(1, self.method.min_candidates),
        )
        beside = self.want & {"raw_class_maps", "focus"}
        return (self.passes.forward_key, read, detection.candidate_ids, detection.detected_ids, detected_at, beside)

    def segmenter(self, outputs: PassOutputs, subtracted: Subtracted) -> Segmenter:
        """Return what makes labels of these class maps."""
        return Segmenter(
            maps=subtracted.class_maps,
            maps_key=self.subtraction_key(outputs),
            class_ids=outputs.detection.detected_ids,
            image=self.passes.request.image,
            settings=self.passes.request.settings.crf,
            stopwatch=self.passes.stopwatch,
            checkpoint=self.passes.checkpoint,
            measured=self.passes.all_layers,
        )

    def _result(
        self,
        outputs: PassOutputs,
        completeness: Completeness,
        subtracted: Subtracted,
        segmentation: Segmentation | None,
        preview: Preview | None = None,
    ) -> Result:
        passes = self.passes
        return Result(
            request=passes.request,
            completeness=completeness,
            model=passes.model.card,
            scales=outputs.scales,
            layers=passes.layers,
            scores=read_only(outputs.scores.astype(np.float32)),
            candidate_ids=outputs.detection.candidate_ids,
            detected_ids=outputs.detection.detected_ids,
            raw={key: to_array(maps) for key, maps in outputs.candidate_maps.items()},
            raw_class_maps=to_array(subtracted.raw_class_maps),
            class_maps=to_array(subtracted.class_maps),
            focus=self._focus(outputs, subtracted, preview) if "focus" in self.want else None,
            segmentation=segmentation,
            times=passes.stopwatch.times(),
            device=passes.compute.device_name,
            precision=passes.compute.precision_name,
            notes=self._notes(outputs, subtracted),
        )

    def _focus(self, outputs: PassOutputs, subtracted: Subtracted, preview: Preview | None) -> FocusMaps | None:
        side_px = None if preview is None else preview.side_px
        key = ("focus", self.subtraction_key(outputs), outputs.focus, side_px)

        def make() -> FocusMaps | None:
            if not outputs.shown_ids:
                return None
            seen = outputs if preview is None else preview.outputs
            return focus_on(seen, subtracted, self._raw_class_maps(seen, side_px), self.passes, side_px)

        return self.passes.stopwatch.get("subtraction", key, make)

    def _notes(self, outputs: PassOutputs, subtracted: Subtracted) -> tuple[str, ...]:
        notes = [*self.passes.notes, *subtracted.notes]
        crf_note = self.segmenter(outputs, subtracted).note
        if crf_note:
            notes.append(crf_note)
        if not outputs.detection.detected_ids:
            notes.insert(0, f"No class scores above the threshold {self.method.threshold:g}: all is background.")
        return tuple(notes)
