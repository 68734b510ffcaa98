"""An evaluation from its order to its report: what is to be measured, image after image, and the files in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.evaluation.evaluation_report import report_names, write_report
from dcsm_viewer.evaluation.label_evaluator import LabelEvaluator
from dcsm_viewer.evaluation.predictions import predictions_in
from dcsm_viewer.evaluation.records import RecordFile
from dcsm_viewer.evaluation.rows import Row, rows_of
from dcsm_viewer.evaluation.run_evaluation import ImageDone, VariantEvaluator, evaluate
from dcsm_viewer.evaluation.summary import RowSummary, Tally
from dcsm_viewer.evaluation.sweep import variants_of
from dcsm_viewer.evaluation.variants import Variant
from dcsm_viewer.io.atomic import ensure_folder
from dcsm_viewer.io.datasets import Dataset
from dcsm_viewer.io.own_files import adopt, claim

RECORDS = "records.jsonl"


@dataclass(frozen=True, slots=True)
class EvalJob:
    """What to measure. ours: our settings before any sweep, None for other people's masks alone.

    swept: values by axis, () for the usual ones. kept: constants that a swept preset leaves as they are.
    resume: figures that are in `out` already are taken from there.
    """

    dataset: Dataset
    out: Path
    ours: Variant | None
    swept: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    fixed: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    predictions: tuple[Path, ...] = ()
    resume: bool = False


class Evaluation:
    """One order under way. Building it checks the order and loads the model, so that nothing fails late."""

    def __init__(self, job: EvalJob) -> None:
        """Raises UserError with a sentence for an order that cannot be carried out."""
        self._job = job
        dataset = job.dataset
        variants: tuple[Variant, ...] = ()
        self._variant_evaluator: VariantEvaluator | None = None
        self._title, digest = dataset.name, ""
        if job.ours is not None:
            evaluator = LabelEvaluator()
            card = evaluator.card(job.ours.settings)
            variants = variants_of(job.ours, job.swept, card, job.fixed)
            self._variant_evaluator = VariantEvaluator(
                evaluator, ClassMatching.of(dataset.class_names, card.class_names)
            )
            self._title, digest = f"{card.name} on {dataset.name}", card.weights_digest
        stems = [example.stem for example in dataset.examples if example.error is None]
        self.rows: tuple[Row, ...] = rows_of(variants, digest, predictions_in(job.predictions, stems))
        ensure_folder(job.out)
        self._records = RecordFile(job.out / RECORDS, len(dataset.class_names) + 1)
        names = (RECORDS, *report_names(job.swept))
        # Records with our check sums tell that the report beside them is ours, too, also of an older version.
        (adopt if self._records.read() else claim)(job.out, names)
        if not job.resume:
            self._records.start_anew()
        matching = self._variant_evaluator.matching if self._variant_evaluator else None
        self._tallies = [Tally(row, dataset.class_names, matching) for row in self.rows]
        self._measured = 0

    def images(self) -> Iterator[ImageDone]:
        """Every image of the data set, measured; those with an error are left out of the report, and said."""
        for done in evaluate(self._job.dataset, self.rows, self._records, self._variant_evaluator):
            if done.error is None:
                self._measured += 1
                for tally, record in zip(self._tallies, done.records, strict=True):
                    tally.add(record, done.example.labels)
            yield done

    def write(self) -> tuple[tuple[Path, ...], tuple[RowSummary, ...]]:
        """The report's files, and the summaries in them. Raises UserError where not one image could be measured."""
        if not self._measured:
            raise UserError("Not one image could be measured, so there is no report; the lines above say why.")
        summaries = tuple(tally.summary() for tally in self._tallies)
        names = self._job.dataset.class_names
        return write_report(self._job.out, summaries, names, self._title, self._sentences(summaries)), summaries

    def _sentences(self, summaries: Sequence[RowSummary]) -> tuple[str, ...]:
        """What a reader has to know to read the figures rightly."""
        dataset = self._job.dataset
        total = len(dataset.examples)
        sentences = [f"{self._measured} of {total} images, mean over the labels that occur in their masks."]
        present = self._tallies[0].present[1:]
        missing = [name for name, there in zip(dataset.class_names, present, strict=True) if not there]
        if missing:
            sentences.append(f"Not in any mask, and so left out of the mean: {', '.join(missing)}.")
        if self._variant_evaluator is not None:
            sentences += self._sentences_on_ours(self._variant_evaluator, summaries)
        return tuple(sentences)

    def _sentences_on_ours(self, variant_evaluator: VariantEvaluator, summaries: Sequence[RowSummary]) -> list[str]:
        sentences = []
        if unknown := variant_evaluator.matching.unknown_names:
            sentences.append(f"The model has no class {', '.join(unknown)}, so their IoU is 0 wherever they occur.")
        ours = next(row.row.variant for row in summaries if row.row.variant is not None)
        sentences.append(f"Computed on {variant_evaluator.evaluator.device_name(ours.settings)}.")
        sentences.append(
            "mAP: the scores that classes are found by (score_reduction), area under the precision-recall curve (VOC "
            "since 2010). Pointing: the maximum of the class map inside the true mask, no tolerance, over the classes "
            "that are there and have a map."
        )
        return sentences
