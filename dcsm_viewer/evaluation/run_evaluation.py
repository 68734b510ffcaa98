"""The evaluation itself: every image through every row, each figure on the disk as soon as it is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dcsm_viewer.core.types import UserError
from dcsm_viewer.evaluation.class_matching import ClassMatching
from dcsm_viewer.evaluation.label_evaluator import LabelEvaluator
from dcsm_viewer.evaluation.one_image import ImageEvaluation, mask_of
from dcsm_viewer.evaluation.records import Record, RecordFile, files_digest
from dcsm_viewer.evaluation.rows import Row
from dcsm_viewer.io.datasets import Dataset, Example

Known = Mapping[tuple[str, str, str], Record]


@dataclass(frozen=True, slots=True)
class VariantEvaluator:
    """What our own rows need; an evaluation of other people's masks goes without."""

    evaluator: LabelEvaluator
    matching: ClassMatching


@dataclass(frozen=True, slots=True)
class ImageDone:
    """What became of one image: a record a row, in the order of the rows, and how many of them were there before.

    With `error`, a sentence, there are none.
    """

    example: Example
    records: tuple[Record, ...]
    resumed: int
    seconds: float
    error: str | None = None


def evaluate(
    dataset: Dataset, rows: Sequence[Row], records: RecordFile, variant_evaluator: VariantEvaluator | None
) -> Iterator[ImageDone]:
    """One ImageDone after the other, in the order of the list; what `records` holds already is not made again.

    An image that cannot be used becomes an error and does not stop the others.
    """
    known = records.read()
    for example in dataset.examples:
        begin = time.perf_counter()
        try:
            if example.error is not None:
                raise UserError(example.error)
            # Other people's masks are measured without the images, which need not be there.
            files = files_digest(*([] if variant_evaluator is None else [example.image]), mask_of(example))
            there = {row.digest: known[key] for row in rows if (key := _key(example, row, files)) in known}
            missing = [row for row in rows if row.digest not in there]
            made = {}
            if missing:
                one = ImageEvaluation.of(example, files, len(dataset.class_names) + 1)
                made = {record.row: record for record in _measured(one, missing, variant_evaluator)}
        except UserError as error:
            yield ImageDone(example, (), 0, time.perf_counter() - begin, str(error))
            continue
        # Masks from elsewhere cost nothing to measure, and may be other ones tomorrow.
        records.add([made[row.digest] for row in missing if row.variant is not None])
        both = there | made
        in_order = tuple(both[row.digest] for row in rows)
        yield ImageDone(example, in_order, len(there), time.perf_counter() - begin)


def _key(example: Example, row: Row, files: str) -> tuple[str, str, str]:
    return example.stem, row.digest, files


def _measured(
    one: ImageEvaluation, rows: Sequence[Row], variant_evaluator: VariantEvaluator | None
) -> Iterator[Record]:
    for row in rows:
        if row.predictions is not None:
            yield one.evaluate_masks(row, row.predictions)
    evaluate_variants = [(row, row.variant) for row in rows if row.variant is not None]
    if evaluate_variants and variant_evaluator is not None:
        yield from one.evaluate_variants(evaluate_variants, variant_evaluator.evaluator, variant_evaluator.matching)
