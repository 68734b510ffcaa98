"""From raw maps to Results: candidates, subtraction, segmentation, and what the window sees on the way."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import torch

from dcsm_viewer.engine.arrays import to_array
from dcsm_viewer.engine.focus import focus_on
from dcsm_viewer.engine.found import Found, find
from dcsm_viewer.engine.passes import Passes
from dcsm_viewer.engine.segmentation import Segmenter
from dcsm_viewer.engine.subtraction import Subtracted, subtract
from dcsm_viewer.values import Completeness, FocusMaps, MethodSettings, Result, Segmentation, read_only

LOOK_AHEAD = 6  # candidates whose raw maps are made while nobody waits
PREVIEW_PX = 125  # a quarter of the paper's canvas: a preview in about a frame


@dataclass(frozen=True, slots=True)
class MapStage:
    """The second half of a request; `passes` is the first."""

    passes: Passes

    @property
    def method(self) -> MethodSettings:
        return self.passes.method

    def partial_results(self) -> Iterator[Result]:
        """What can be shown before the settled Result: scale by scale, then all at reduced size, then exact maps.

        Nothing that is kept already is announced: a request that needs no work yields none. Only a scale never seen
        before is worth a partial result: fewer scales than those on the screen would be a step back.
        """
        scales = self._kept_and_nearest_first()
        for count in range(1, len(scales)):
            if not self.passes.has_scores(scales[count]):
                found = find(self.passes, scales[:count])
                subtracted = self._subtract(found, PREVIEW_PX)
                yield self._result(
                    found, "partial", subtracted, self.segmenter(found, subtracted).without_crf(), PREVIEW_PX
                )
        found, quick = find(self.passes, scales), None
        if not self.passes.watch.has("subtraction", self.subtraction_key(found)):
            subtracted = self._subtract(found, PREVIEW_PX)
            quick = self.segmenter(found, subtracted).preview()
            yield self._result(found, "preview", subtracted, quick, PREVIEW_PX)
        subtracted = self.subtracted(found)
        segmenter = self.segmenter(found, subtracted)
        if not segmenter.is_kept:
            # The labels of the reduced maps stand in until the exact ones are there.
            yield self._result(found, "preview", subtracted, quick or segmenter.preview())

    def found(self) -> Found:
        """What the passes over all scales gave."""
        return find(self.passes, self._kept_and_nearest_first())

    def settled(self) -> Result:
        """The exact Result for the whole request."""
        found = self.found()
        subtracted = self.subtracted(found)
        return self._result(found, "settled", subtracted, self.segmenter(found, subtracted).exact())

    def look_ahead(self) -> None:
        """Raw maps of the classes that would join if N were a little larger."""
        more = max(self.method.candidates + 2, LOOK_AHEAD) if self.method.candidates else 0
        ahead = replace(self.method, candidates=more)
        request = replace(self.passes.request, settings=replace(self.passes.request.settings, method=ahead))
        find(replace(self.passes, request=request), self._kept_and_nearest_first())

    def _kept_and_nearest_first(self) -> tuple[int, ...]:
        # The scale nearest the canvas sees the image at its own size: the best first guess.
        def order(scale: int) -> tuple[bool, int, int]:
            return not self.passes.has_scores(scale), abs(scale - self.method.canvas_px), scale

        return tuple(sorted(self.method.scales, key=order))

    def subtracted(self, found: Found) -> Subtracted:
        """The exact class maps, made now if they are not there."""
        key = self.subtraction_key(found)
        if not self.passes.watch.has("subtraction", key):
            self.passes.checkpoint("subtraction", "exact")
        return self.passes.watch.get("subtraction", key, lambda: self._subtract(found, None))

    def _subtract(self, found: Found, side_px: int | None) -> Subtracted:
        if not found.detection.candidate_ids:
            nothing = torch.zeros(0, *self.passes.request.image.shape)
            return Subtracted(nothing, nothing, ())
        _, placement = self.passes.canvas()
        method = replace(self.method, layers=self.passes.layers)
        return subtract(found.candidates_raw, found.detection, method, placement, side_px=side_px)

    def subtraction_key(self, found: Found) -> tuple[Hashable, ...]:
        """What the subtraction reads: for tools, the key of what they make of the same."""
        detection = found.detection
        found_at = tuple((scale, tuple(sorted(ids))) for scale, ids in sorted(detection.found_at.items()))
        # Threshold and N act through the candidates alone, but that 0 switches the subtraction off.
        read = replace(self.method, threshold=0.0, candidates=min(1, self.method.candidates))
        return (self.passes.forward_key, read, detection.candidate_ids, detection.detected_ids, found_at)

    def segmenter(self, found: Found, subtracted: Subtracted) -> Segmenter:
        """What makes labels of these class maps."""
        return Segmenter(
            maps=subtracted.class_maps,
            maps_key=self.subtraction_key(found),
            class_ids=found.detection.detected_ids,
            image=self.passes.request.image,
            settings=self.passes.request.settings.crf,
            watch=self.passes.watch,
            checkpoint=self.passes.checkpoint,
            measured=self.passes.all_layers,
        )

    def _result(
        self,
        found: Found,
        completeness: Completeness,
        subtracted: Subtracted,
        segmentation: Segmentation,
        side_px: int | None = None,
    ) -> Result:
        passes = self.passes
        return Result(
            request=passes.request,
            completeness=completeness,
            model=passes.model.card,
            scales=found.scales,
            layers=passes.layers,
            scores=read_only(found.scores),
            candidate_ids=found.detection.candidate_ids,
            detected_ids=found.detection.detected_ids,
            raw={key: to_array(maps) for key, maps in found.candidates_raw.items()},
            raw_class_maps=to_array(subtracted.raw_class_maps),
            class_maps=to_array(subtracted.class_maps),
            focus=self._focus(found, subtracted, side_px),
            segmentation=segmentation,
            times=passes.watch.times(),
            device=passes.compute.device_name,
            precision=passes.compute.precision_name,
            notes=self._notes(found, subtracted),
        )

    def _focus(self, found: Found, subtracted: Subtracted, side_px: int | None) -> FocusMaps | None:
        key = ("focus", self.subtraction_key(found), found.focus, side_px)
        get = self.passes.watch.get
        return get("subtraction", key, lambda: focus_on(found, subtracted, self.passes, side_px))

    def _notes(self, found: Found, subtracted: Subtracted) -> tuple[str, ...]:
        notes = [*self.passes.notes, *subtracted.notes]
        crf_note = self.segmenter(found, subtracted).note
        if crf_note:
            notes.append(crf_note)
        if not found.detection.detected_ids:
            notes.insert(0, f"No class scores above the threshold {self.method.threshold:g}: all is background.")
        return tuple(notes)
