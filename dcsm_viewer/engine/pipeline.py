"""The stages in order: a request in, a Result out, with partial ones on the way for those who watch."""

from __future__ import annotations

from collections.abc import Callable

from dcsm_viewer import limits
from dcsm_viewer.engine.cache import Cache
from dcsm_viewer.engine.crf.first_calls import make_first_calls
from dcsm_viewer.engine.device import Compute, choose
from dcsm_viewer.engine.freed_memory import give_back_freed
from dcsm_viewer.engine.inquiries import answers
from dcsm_viewer.engine.inquiries.part import Part
from dcsm_viewer.engine.maps import MapStage
from dcsm_viewer.engine.models.registry import Model, Shelf, model_cards
from dcsm_viewer.engine.passes import Checkpoint, Passes
from dcsm_viewer.engine.stopwatch import Stopwatch
from dcsm_viewer.inquiries.aside import Aside
from dcsm_viewer.values import (
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
    Settings,
    Stage,
)

KEPT_BYTES = 768 * 1024**2  # maps of some twenty images
TRACES_BYTES = 768 * 1024**2  # the gates of one image at three scales, VGG-16 included
LABELS_ALONE: frozenset[ResultPart] = frozenset(("labels",))  # what exports and evaluations read beside the maps

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
        compute = choose(defaults.device, defaults.precision)
        self._model(defaults, compute)
        return EngineReady(compute.device_name, compute.precision_name, compute.note, model_cards())

    def run(self, request: Request, still_wanted: StillWanted, report: Listener) -> None:
        """Reports progress, partial and preview Results, and one settled Result; silence once nobody wants it.

        The scale nearest the canvas comes first, then the others; where all maps are there already, a reduced-size
        preview comes first. After the settled Result the raw maps of the next best classes are made, so that N can
        be moved up without a pass; `still_wanted` ends that too. Raises UserError with a sentence for what cannot be
        used.
        """
        try:
            stage = self._stage(request, still_wanted, report, all_layers=True)
            for result in stage.partial_results():
                report(result)
            report(stage.settled())
            stage.look_ahead()
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
            stage = self._stage(inquiry.request, lambda _: still_wanted(), lambda _: None, all_layers=True)
            last = None
            for value in answers(inquiry.question, stage):
                if isinstance(value, Part):
                    report(Answer(inquiry, value.value, is_last=False))
                    continue
                if last is not None:
                    report(Answer(inquiry, last, is_last=False))
                last = value
            report(Answer(inquiry, last))
        except AbandonedError:
            return False
        return True

    def card(self, settings: Settings) -> ModelCard:
        """The card of the model these settings name, which is loaded for it."""
        return self._model(settings, choose(settings.device, settings.precision)).card

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
        return self._stage(request, still_wanted, report, all_layers=False, want=want).settled()

    def _stage(
        self,
        request: Request,
        still_wanted: StillWanted,
        report: Listener,
        *,
        all_layers: bool,
        want: frozenset[ResultPart] = ALL_PARTS,
    ) -> MapStage:
        settings = request.settings
        limits.check(settings)
        compute = choose(settings.device, settings.precision)
        model = self._model(settings, compute)
        watch = Stopwatch(self._kept)
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
