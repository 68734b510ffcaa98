"""The stages in order: a request in, a Result out, with partial ones on the way for those who watch."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from dcsm_viewer.core import parameters as limits
from dcsm_viewer.core.settings import Settings
from dcsm_viewer.core.types import (
    ALL_PARTS,
    Answer,
    EngineReady,
    Inquiry,
    ModelCard,
    Progress,
    Report,
    Request,
    Result,
    ResultPart,
    Stage,
    UserError,
)
from dcsm_viewer.engine.analysis import answers
from dcsm_viewer.engine.analysis.partial_answer import Part
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.map_pipeline import MapStage
from dcsm_viewer.engine.model_cache import Model, Shelf, model_cards
from dcsm_viewer.engine.runtime.device import Compute, choose, mark_faulty, on_cpu
from dcsm_viewer.engine.runtime.device_errors import first_line, is_device_fault, is_out_of_memory
from dcsm_viewer.engine.runtime.device_memory import CPU_CACHE_BYTES, cache_bytes, empty_cache
from dcsm_viewer.engine.runtime.memory import give_back_freed
from dcsm_viewer.engine.runtime.mkl_warm_up import make_first_calls
from dcsm_viewer.engine.stages.network_passes import Checkpoint, Passes
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.queries.batch_query import Aside

KEPT_BYTES = CPU_CACHE_BYTES
TRACES_BYTES = CPU_CACHE_BYTES
LABELS_ALONE: frozenset[ResultPart] = frozenset(("labels",))  # what exports and evaluations read beside the maps

log = logging.getLogger(__name__)
T = TypeVar("T")

StillWanted = Callable[[Stage], bool]
Listener = Callable[[Report], None]


class AbandonedError(Exception):
    """Nobody wants the running request any more."""


class Engine:
    """Owns every artefact, and the loaded models unless it is given a shelf of them; one thread at a time calls it."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        make_first_calls()  # or a replay might not give the same bytes
        self._shelf = shelf or Shelf()
        self._kept = Cache(KEPT_BYTES)
        self._traces = Cache(TRACES_BYTES)
        self._beside: Engine | None = None

    def ready(self) -> EngineReady:
        """Device and precision in use, and the models to choose from; the default model is loaded by then."""
        defaults = Settings()

        def loaded(compute: Compute) -> Compute:
            self._model(defaults, compute)
            return compute

        compute = self._computed(defaults, loaded)
        return EngineReady(compute.device_name, compute.precision_name, compute.note, model_cards())

    def run(self, request: Request, still_wanted: StillWanted, report: Listener) -> None:
        """Reports progress, partial and preview Results, and one settled Result; silence once nobody wants it.

        The scale nearest the canvas comes first, then the others; where all maps are there already, a reduced-size
        preview comes first. After the settled Result the raw maps of the next best classes are made, so that N can
        be moved up without a pass; `still_wanted` ends that too. Raises UserError with a sentence for what cannot be
        used.
        """

        def settle(compute: Compute) -> MapStage:
            stage = self._stage(request, compute, still_wanted, report, all_layers=True)
            for result in stage.partial_results():
                report(result)
            report(stage.settled())
            return stage

        try:
            stage = self._computed(request.settings, settle)
            self._look_ahead(stage)
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

    def answer(self, inquiry: Inquiry, still_wanted: Callable[[], bool], report: Listener) -> bool:
        """Whether the inquiry was answered to the end; False once nobody wants it any more.

        It works on the artefacts of its request, which are made where they are not there, and reports Answers.
        """
        try:
            if isinstance(inquiry.question, Aside):
                report(Answer(inquiry, self._aside(inquiry.question, inquiry.request, still_wanted)))
                return True

            def answer(compute: Compute) -> object:
                request = inquiry.request
                stage = self._stage(request, compute, lambda _: still_wanted(), lambda _: None, all_layers=True)
                last: object = None
                for value in answers(inquiry.question, stage):
                    if isinstance(value, Part):
                        report(Answer(inquiry, value.value, is_last=False))
                        continue
                    if last is not None:
                        report(Answer(inquiry, last, is_last=False))
                    last = value
                return last

            report(Answer(inquiry, self._computed(inquiry.request.settings, answer)))
        except AbandonedError:
            return False
        return True

    def card(self, settings: Settings) -> ModelCard:
        """The card of the model these settings name, which is loaded for it."""
        return self._computed(settings, lambda compute: self._model(settings, compute)).card

    def _computed(self, settings: Settings, work: Callable[[Compute], T]) -> T:
        """Return what `work` gives on the device of the settings, or failing that on the CPU, with a note.

        Too little memory: everything kept is dropped, and the work is done again where it was; then on the CPU.
        A fault of the device: it is left alone for a while, and the work is done on the CPU. Raises UserError where
        the CPU's memory does not suffice either, and whatever else `work` raises.
        """
        limits.check(settings)
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
            self._drop_everything()
            if is_fault:
                mark_faulty(compute.device, reason)
            else:
                empty_cache(compute.device)
            if is_fault or (dropped and on_gpu):
                compute, dropped = on_cpu(compute, reason), False
            else:
                dropped = True

    def _look_ahead(self, stage: MapStage) -> None:
        """Make the maps of the next classes. An error costs only these: it is logged, and the Result stays."""
        device = stage.passes.compute.device
        try:
            stage.look_ahead()
        except AbandonedError:
            raise
        except Exception as error:
            log.exception("looking ahead broke off")
            is_fault = device.type != "cpu" and is_device_fault(error)
            if not is_fault and not is_out_of_memory(error):
                return
            reason = first_line(error)
        else:
            return
        self._drop_everything()
        if is_fault:
            mark_faulty(device, reason)
        else:
            empty_cache(device)

    def _drop_everything(self) -> None:
        """Give up all that can be made again: maps, gates and lattices of both engines, and the loaded models."""
        for cache in (self._kept, self._traces):
            cache.clear()
        if self._beside is not None:
            self._beside._drop_everything()
        self._shelf.clear()
        give_back_freed()

    def _aside(self, question: Aside, request: Request, still_wanted: Callable[[], bool]) -> ModelCard | Result:
        if question.wanted == "card":
            return self.card(request.settings)
        if self._beside is None:
            # The same networks, but caches of its own: a folder must not push out what the window looks at.
            self._beside = Engine(self._shelf)
        return self._beside._settled_alone(request, lambda _: still_wanted(), lambda _: None, LABELS_ALONE)

    def _settled_alone(
        self, request: Request, still_wanted: StillWanted, report: Listener, want: frozenset[ResultPart]
    ) -> Result:
        self._kept.belong_to(request.image.digest)
        self._traces.belong_to(request.image.digest)
        give_back_freed()

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
    ) -> MapStage:
        settings = request.settings
        model = self._model(settings, compute)
        for cache in (self._kept, self._traces):
            cache.resize(cache_bytes(compute.device))
        watch = Stopwatch(self._kept, compute.device)
        # Hundreds of megabytes, of use only to a class nobody asked for yet: kept for the image at hand alone.
        self._traces.belong_to(request.image.digest)
        checkpoint = _checkpoint(request, still_wanted, report)
        return MapStage(Passes(request, model, compute, watch, self._traces, checkpoint, all_layers), want)

    def _model(self, settings: Settings, compute: Compute) -> Model:
        return self._shelf.get(settings.model, settings.vocabulary, compute)


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
