"""The stages in order: a request in, a Result out, with partial ones on the way for those who watch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import torch

from dcsm_viewer.core import parameters
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import (
    ALL_PARTS,
    EngineReady,
    ModelCard,
    Progress,
    Request,
    Result,
    ResultPart,
    Stage,
    UserError,
)
from dcsm_viewer.engine.analysis import answer_question
from dcsm_viewer.engine.analysis.partial_answer import PartialAnswer
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapPipeline
from dcsm_viewer.engine.model_cache import Model, ModelCache, model_cards
from dcsm_viewer.engine.runtime.device import Compute, choose, mark_faulty, on_cpu
from dcsm_viewer.engine.runtime.device_errors import first_line, is_device_fault, is_out_of_memory
from dcsm_viewer.engine.runtime.device_memory import CPU_CACHE_BYTES, cache_bytes, empty_cache
from dcsm_viewer.engine.runtime.memory import malloc_trim
from dcsm_viewer.engine.runtime.mkl_warm_up import warm_up_mkl
from dcsm_viewer.engine.stages.network_passes import Checkpoint, NetworkPasses
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.queries.batch_query import BatchQuestion
from dcsm_viewer.queries.query import Answer, Query, Report, StageAnswer

CACHE_BYTES = CPU_CACHE_BYTES
FORWARD_CACHE_BYTES = CPU_CACHE_BYTES
LABELS_ALONE: frozenset[ResultPart] = frozenset(("labels",))  # what exports and evaluations read beside the maps

log = logging.getLogger(__name__)
T = TypeVar("T")

StillWanted = Callable[[Stage], bool]
Listener = Callable[[Report], None]


class AbandonedError(Exception):
    """The running request is no longer wanted."""


class Engine:
    """Owns every artefact, and the loaded models unless it is given a shelf of them; one thread at a time calls it."""

    def __init__(self, model_cache: ModelCache | None = None) -> None:
        warm_up_mkl()  # or a replay might not give the same bytes
        self._model_cache = model_cache or ModelCache()
        self._cached = Cache(CACHE_BYTES)
        self._forward_cache = Cache(FORWARD_CACHE_BYTES)
        self._batch_engine: Engine | None = None

    def ready(self) -> EngineReady:
        """Device and precision in use, and the models to choose from; the default model is loaded by then."""
        defaults = Settings()

        def loaded(compute: Compute) -> Compute:
            self._model(defaults, compute)
            return compute

        compute = self._computed(defaults, loaded)
        cards = (*model_cards(), *self._model_cache.held_cards)
        return EngineReady(compute.device_name, compute.precision_name, compute.note, cards)

    def run(self, request: Request, still_wanted: StillWanted, report: Listener) -> None:
        """Compute a request: report progress, partial and preview Results, and one settled Result.

        The scale nearest the canvas comes first, then the others; where all maps are there already, a reduced-size
        preview comes first. After the settled Result the raw maps of the next best classes are made, so that N can be
        moved up without a pass; `still_wanted` ends that too.

        Parameters
        ----------
        request
            What to compute.
        still_wanted
            Asked at every checkpoint; once it returns False nothing more is reported.
        report
            Called with each Progress and Result.

        Raises
        ------
        UserError
            A setting, model or image that cannot be used.
        """

        def settle(compute: Compute) -> MapPipeline:
            stage = self._stage(request, compute, still_wanted, report, all_layers=True)
            for result in stage.partial_results():
                report(result)
            report(stage.settled())
            return stage

        try:
            stage = self._computed(request.settings, settle)
            self._prefetch(stage)
        except AbandonedError:
            return

    def settle(
        self,
        request: Request,
        report: Listener = lambda _: None,
        *,
        want: frozenset[ResultPart] = LABELS_ALONE,
    ) -> Result:
        """Compute the settled Result alone, without previews and without layers that are not wanted; for batches.

        What was computed of another image is dropped: a batch never goes back to an image.

        Parameters
        ----------
        request
            The image and its settings.
        report
            Called with each Progress.
        want
            The parts of the Result to compute beside scores, raw maps and class maps. What an export writes needs the
            labels alone; the other parts are for the window.

        Returns
        -------
        Result
            Settled. A part that was not wanted is empty or None.

        Raises
        ------
        UserError
            For settings that cannot be used.
        """
        return self._settled_alone(request, lambda _: True, report, want)

    def answer(self, query: Query, still_wanted: Callable[[], bool], report: Listener) -> bool:
        """Answer a query from the artefacts of its request, which are made where they are missing.

        Parameters
        ----------
        query
            The question and its request.
        still_wanted
            Asked at every checkpoint.
        report
            Called with each Answer, better each time.

        Returns
        -------
        bool
            True if it was answered to the end; False once it is no longer wanted.
        """
        try:
            question = query.question
            if isinstance(question, BatchQuestion):
                report(Answer(query, self._answer_batch(question, query.request, still_wanted)))
                return True

            def answer(compute: Compute) -> StageAnswer | None:
                request = query.request
                stage = self._stage(request, compute, lambda _: still_wanted(), lambda _: None, all_layers=True)
                last: StageAnswer | None = None
                for value in answer_question(question, stage):
                    if isinstance(value, PartialAnswer):
                        report(Answer(query, value.value, is_last=False))
                        continue
                    if last is not None:
                        report(Answer(query, last, is_last=False))
                    last = value
                return last

            report(Answer(query, self._computed(query.request.settings, answer)))
        except AbandonedError:
            return False
        return True

    def card(self, settings: Settings) -> ModelCard:
        """Return the card of the model that these settings name, which is loaded for it."""
        return self._computed(settings, lambda compute: self._model(settings, compute)).card

    def _computed(self, settings: Settings, work: Callable[[Compute], T]) -> T:
        """Return what `work` gives on the device of the settings, or failing that on the CPU, with a note.

        Too little memory: everything kept is dropped, and the work is done again where it was; then on the CPU.
        A fault of the device: it is left alone for a while, and the work is done on the CPU. Raises UserError where
        the CPU's memory does not suffice either, and whatever else `work` raises.
        """
        parameters.check(settings)
        compute = choose(settings.device, settings.precision)
        dropped = False
        while True:
            try:
                return work(compute)
            except Exception as error:
                on_gpu = compute.device.type != "cpu"
                is_fault = on_gpu and is_device_fault(error)
                if not is_fault and not is_out_of_memory(error):
                    raise
                if dropped and not on_gpu:
                    raise UserError(
                        "The memory of this machine does not suffice; choose a smaller image, fewer or smaller scales."
                    ) from error
                reason = first_line(error)
                log.warning("on the %s: %s", compute.device.type, reason)
            # Out here the error, and with it the tensors of the calls that it held, is gone.
            self._give_up(compute.device, reason, is_fault=is_fault)
            if is_fault or (dropped and on_gpu):
                compute, dropped = on_cpu(compute, reason), False
            else:
                dropped = True

    def _prefetch(self, stage: MapPipeline) -> None:
        """Make the maps of the next classes. An error costs only these: it is logged, and the Result stays."""
        device = stage.passes.compute.device
        try:
            stage.prefetch()
        except AbandonedError:
            raise
        except Exception as error:
            log.exception("prefetching stopped")
            is_fault = device.type != "cpu" and is_device_fault(error)
            if not is_fault and not is_out_of_memory(error):
                return
            reason = first_line(error)
        else:
            return
        self._give_up(device, reason, is_fault=is_fault)

    def _give_up(self, device: torch.device, reason: str, *, is_fault: bool) -> None:
        """Drop all that is cached, and leave a faulty device alone for a while."""
        self._drop_everything()
        if is_fault:
            mark_faulty(device, reason)
        else:
            empty_cache(device)

    def _drop_everything(self) -> None:
        """Give up all that can be made again: maps, ReLU masks and lattices of both engines, and the loaded models."""
        for cache in (self._cached, self._forward_cache):
            cache.clear()
        if self._batch_engine is not None:
            self._batch_engine._drop_everything()
        self._model_cache.clear()
        malloc_trim()

    def _answer_batch(
        self, question: BatchQuestion, request: Request, still_wanted: Callable[[], bool]
    ) -> ModelCard | Result:
        if question.wanted == "card":
            return self.card(request.settings)
        if self._batch_engine is None:
            # The same networks, but caches of its own: a folder must not push out what the window looks at.
            self._batch_engine = Engine(self._model_cache)
        return self._batch_engine._settled_alone(request, lambda _: still_wanted(), lambda _: None, LABELS_ALONE)

    def _settled_alone(
        self, request: Request, still_wanted: StillWanted, report: Listener, want: frozenset[ResultPart]
    ) -> Result:
        self._cached.clear_for_image(request.image.digest)
        self._forward_cache.clear_for_image(request.image.digest)
        malloc_trim()

        def settle(compute: Compute) -> Result:
            return self._stage(request, compute, still_wanted, report, all_layers=False, want=want).settled()

        return self._computed(request.settings, settle)

    def _stage(
        self,
        request: Request,
        compute: Compute,
        still_wanted: StillWanted,
        report: Listener,
        *,
        all_layers: bool,
        want: frozenset[ResultPart] = ALL_PARTS,
    ) -> MapPipeline:
        settings = request.settings
        model = self._model(settings, compute)
        for cache in (self._cached, self._forward_cache):
            cache.resize(cache_bytes(compute.device))
        stopwatch = Stopwatch(self._cached, compute.device)
        # Hundreds of megabytes, of use only to a class that was not requested yet: cached for the current image alone.
        self._forward_cache.clear_for_image(request.image.digest)
        checkpoint = _checkpoint(request, still_wanted, report)
        return MapPipeline(
            NetworkPasses(request, model, compute, stopwatch, self._forward_cache, checkpoint, all_layers), want
        )

    def _model(self, settings: Settings, compute: Compute) -> Model:
        return self._model_cache.get(settings.model, settings.vocabulary, compute)


def _checkpoint(request: Request, still_wanted: StillWanted, report: Listener) -> Checkpoint:
    # Expensive pieces: a forward and a backward pass per scale, then the subtraction, then the segmentation.
    total = 2 * len(request.settings.method.scales) + 2
    seen: list[tuple[Stage, str]] = []

    def checkpoint(stage: Stage, text: str) -> None:
        if not still_wanted(stage):
            raise AbandonedError
        piece = (stage, text.split(",", maxsplit=1)[0])
        if piece not in seen:
            seen.append(piece)
        report(Progress(request.serial, stage, min(len(seen), total), total, f"{stage} {text}"))

    return checkpoint
