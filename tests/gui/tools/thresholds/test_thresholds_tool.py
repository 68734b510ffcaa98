"""The threshold desk: labels and curves against plain comparisons, files, and the hands on it in the window."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import Qt

from dcsm_viewer.core.types import UserError
from dcsm_viewer.export.formats import npz
from dcsm_viewer.gui.tools.thresholds.thresholds_curves import counts_of, curves_from, seed_score, suggested, sum_of
from dcsm_viewer.gui.tools.thresholds.thresholds_files import StoppedError, read_mask, sweep
from dcsm_viewer.gui.tools.thresholds.thresholds_rules import (
    GRID,
    HANDLES,
    THRESHOLD_PRESETS,
    HandleName,
    Peaks,
    ThresholdPreset,
    Thresholds,
    hard_labels,
    peaks_from,
    peaks_of,
    seed_labels,
)
from dcsm_viewer.gui.tools.thresholds.thresholds_tool import ThresholdsTool
from dcsm_viewer.render.palette import voc_palette
from tests.e2e.conftest import Desk
from tests.gui.hands import click, drag_line, press, the
from tests.results import make_image, make_result

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

NAMES = {1: "dog", 2: "cat", 3: "cow"}


def peaks(seed: int = 0, shape: tuple[int, int] = (13, 17)) -> Peaks:
    """Three maps of noise; hundredths occur exactly, so that ties with the thresholds do."""
    random = np.random.default_rng(seed)
    maps = random.random((3, *shape)).astype(np.float32)
    maps[:, ::2] = np.round(maps[:, ::2], 2)
    return peaks_from(maps, (1, 2, 3), NAMES)


def mask_of(seed: int = 1, shape: tuple[int, int] = (13, 17)) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).choice([0, 1, 2, 9, 255], shape).astype(np.uint16)


def test_that_a_seed_is_argmax_with_a_constant_background_as_irn_has_it() -> None:
    result = make_result(make_image(40, 50))
    at = Thresholds(0.1, 0.2, 0.4)
    maps = result.class_maps
    keys = np.array([0, *(class_id + 1 for class_id in result.detected_ids)])

    def irn(threshold: float) -> NDArray[np.int64]:
        """make_sem_seg_labels.py: the maps padded with a constant background, argmax."""
        return np.asarray(keys[np.argmax(np.pad(maps, ((1, 0), (0, 0), (0, 0)), constant_values=threshold), axis=0)])

    # cam_to_ir_label.py: unsure where there is no class, background where not even the low threshold finds one.
    expected = irn(at.fg).copy()
    expected[irn(at.fg) == 0] = 255
    expected[irn(at.fg) + irn(at.bg) == 0] = 0
    found = peaks_of(result)
    np.testing.assert_array_equal(seed_labels(found, at), expected)
    np.testing.assert_array_equal(hard_labels(found, at.eval), irn(at.eval))
    assert {0, 255} < set(np.unique(expected).tolist())


def test_that_areas_and_changes_are_those_counted_threshold_by_threshold() -> None:
    found = peaks()
    curves = curves_from(counts_of(found))
    before = hard_labels(found, 0.0)
    for index, threshold in enumerate(GRID):
        labels = hard_labels(found, float(threshold))
        for label in found.labels:
            assert curves.areas[label][index] == np.mean(labels == label)
        np.testing.assert_allclose(curves.changed[index], np.mean(labels != before), rtol=0, atol=1e-12)
        before = labels


def test_that_iou_curves_are_those_of_confusion_matrices_and_255_never_counts() -> None:
    found, mask = peaks(), mask_of()
    curves = curves_from(counts_of(found, mask))
    assert curves.ious is not None
    assert curves.mean_iou is not None
    known = mask != 255
    for index, threshold in enumerate(GRID):
        labels, truth = hard_labels(found, float(threshold))[known], mask[known]
        expected = {}
        for label in sorted({0, 1, 2, 3, 9}):
            union = np.count_nonzero((labels == label) | (truth == label))
            if np.count_nonzero(truth == label):
                expected[label] = np.count_nonzero((labels == label) & (truth == label)) / union
            found_iou = curves.ious.get(label, np.full(len(GRID), np.nan))[index]
            np.testing.assert_allclose(found_iou, expected.get(label, np.nan), rtol=0, atol=1e-12)
        np.testing.assert_allclose(curves.mean_iou[index], np.mean(list(expected.values())), rtol=0, atol=1e-12)


def test_that_counts_of_two_images_add_up_to_those_of_both_as_one() -> None:
    one, other = peaks(0), peaks(5)
    both = Peaks("", NAMES, one.labels, np.vstack([one.largest, other.largest]), np.vstack([one.owner, other.owner]))
    together = curves_from(sum_of([counts_of(one, mask_of(1)), counts_of(other, mask_of(2))]), 2)
    expected = curves_from(counts_of(both, np.vstack([mask_of(1), mask_of(2)])))
    assert together.mean_iou is not None
    assert expected.mean_iou is not None
    np.testing.assert_allclose(together.mean_iou, expected.mean_iou, rtol=0, atol=1e-12)
    np.testing.assert_allclose(together.changed, expected.changed, rtol=0, atol=1e-12)


def test_that_the_suggestion_is_the_middle_of_the_stretch_where_nothing_changes() -> None:
    largest = np.concatenate([np.full(50, 0.2), np.full(50, 0.9), np.linspace(0.0, 0.2, 20)])
    foreground = np.array([np.mean(largest > threshold) for threshold in GRID])
    found = suggested(foreground)
    assert found is not None
    assert (found.first, found.last, found.changed) == (0.2, 0.89, 0.0)
    np.testing.assert_allclose(found.at, 0.54, atol=0.011)


def test_that_where_all_is_foreground_up_to_a_threshold_that_calm_is_no_suggestion() -> None:
    foreground = np.where(GRID < 0.6, 1.0, np.linspace(2.5, 0.0, len(GRID)).clip(max=1.0))
    found = suggested(foreground)
    assert found is not None
    assert found.first >= 0.6
    assert suggested(np.ones(len(GRID))) is None


def test_that_255_in_a_seed_is_left_out_or_wrong_and_255_in_a_mask_is_neither() -> None:
    mask = np.array([[0, 0, 1, 1, 255, 255]], np.uint16)
    seed = np.array([[0, 255, 1, 255, 1, 255]], np.uint16)
    found = seed_score(seed, mask, 255)
    assert found.left_out == 1.0
    assert found.counted_wrong == 0.5
    assert found.unsure_share == 0.5


def test_that_the_score_of_a_seed_is_that_of_plain_comparisons() -> None:
    found = peaks(3)
    seed, mask = seed_labels(found, Thresholds(0.5, 0.6, 0.8)), mask_of(4)

    def mean_iou(kept: NDArray[np.bool_]) -> float:
        one, other, ious = seed[kept], mask[kept], []
        for label in (0, 1, 2, 3, 9):
            union = np.count_nonzero((one == label) | (other == label))
            if np.count_nonzero(other == label):
                ious.append(np.count_nonzero((one == label) & (other == label)) / union)
        return float(np.mean(ious))

    score = seed_score(seed, mask, 255)
    np.testing.assert_allclose(score.left_out, mean_iou((mask != 255) & (seed != 255)), rtol=0, atol=1e-12)
    np.testing.assert_allclose(score.counted_wrong, mean_iou(mask != 255), rtol=0, atol=1e-12)
    assert 0 < score.unsure_share == np.mean(seed == 255)


@given(st.sampled_from(HANDLES), st.floats(-1, 2), st.sampled_from(THRESHOLD_PRESETS))
def test_that_a_moved_handle_stands_where_it_was_put_and_the_order_holds(
    name: HandleName, value: float, where: ThresholdPreset
) -> None:
    moved = where.applied(Thresholds()).moved(name, value)
    assert 0 <= moved.bg <= moved.eval <= moved.fg <= 1
    assert moved.of(name) == round(min(max(value, 0.0), 1.0), 4)


def test_that_published_thresholds_are_the_published_ones() -> None:
    by_title = {each.title: each.applied(Thresholds(0.0, 0.0, 1.0)) for each in THRESHOLD_PRESETS}
    assert by_title["IRN"] == Thresholds(0.05, 0.15, 0.30)
    assert by_title["AdvCAM"] == Thresholds(0.15, 0.15, 0.35)
    assert by_title["ReCAM"] == Thresholds(0.10, 0.21, 0.35)
    assert by_title["SEAM"].eval == 0.26
    searched = {each.title: GRID[each.searched] for each in THRESHOLD_PRESETS}
    np.testing.assert_allclose(searched["CLIP-ES"], np.arange(0.05, 0.61, 0.05))
    assert (searched["SEAM"][0], searched["SEAM"][-1], len(searched["SEAM"])) == (0.0, 0.59, 60)


def save_mask(path: Path, labels: NDArray[np.uint16]) -> Path:
    picture = Image.fromarray(labels.astype(np.uint8))
    picture.putpalette(voc_palette().tobytes())
    picture.save(path)
    return path


def test_that_a_palette_and_an_index_png_are_the_same_mask(tmp_path: Path) -> None:
    labels = np.array([[0, 1, 255], [20, 2, 0]], np.uint16)
    Image.fromarray(labels.astype(np.uint8)).save(tmp_path / "index.png")
    np.testing.assert_array_equal(read_mask(save_mask(tmp_path / "voc.png", labels), (2, 3), 20), labels)
    np.testing.assert_array_equal(read_mask(tmp_path / "index.png", (2, 3), 20), labels)


def test_that_a_mask_that_does_not_fit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = save_mask(tmp_path / "mask.png", np.full((2, 3), 21, np.uint16))
    with pytest.raises(UserError, match=r"3 x 2 px and the image 4 x 2"):
        read_mask(path, (2, 4), 20)
    with pytest.raises(UserError, match="has the label 21; the model has 20 classes"):
        read_mask(path, (2, 3), 20)
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "rgb.png")
    with pytest.raises(UserError, match="colours that are not VOC's"):
        read_mask(tmp_path / "rgb.png", (2, 3), 20)
    (tmp_path / "text.png").write_text("milk")
    with pytest.raises(UserError, match="is not an image this program can read; save it as a palette PNG"):
        read_mask(tmp_path / "text.png", (2, 3), 20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Exports of two images and a file that is none; a mask for the second."""
    folder = tmp_path / "export"
    folder.mkdir()
    for seed, name in enumerate(("one", "two")):
        result = make_result(make_image(40, 50, seed), seed=seed)
        npz.write(result, folder / f"{name}.npz")
        if seed:
            assert result.segmentation is not None
            save_mask(tmp_path / "two.png", result.segmentation.labels)
    (folder / "broken.npz").write_bytes(b"no archive")
    return folder


def test_that_a_sweep_reads_all_exports_of_a_folder_and_names_what_it_could_not(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    found = sweep(folder, folder.parent, lambda: True, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (found.curves.images, found.masks) == (2, 1)
    assert found.unusable[0].startswith("broken.npz")
    one, two = (peaks_of(make_result(make_image(40, 50, seed), seed=seed)) for seed in (0, 1))
    expected = np.mean([np.mean(hard_labels(each, 0.3) > 0) for each in (one, two)])
    np.testing.assert_allclose(sum(area[30] for area in found.curves.areas.values()), expected, rtol=0, atol=1e-9)
    assert found.curves.mean_iou is not None


def test_that_a_sweep_finds_masks_however_their_unicode_is_composed(folder: Path) -> None:
    apart, together = (unicodedata.normalize(form, "bär") for form in ("NFD", "NFC"))
    (folder / "two.npz").rename(folder / f"{apart}.npz")
    (folder.parent / "two.png").rename(folder.parent / f"{together}.png")
    assert sweep(folder, folder.parent, lambda: True, lambda _done, _total: None).masks == 1


def test_that_a_sweep_nobody_wants_any_more_stops_and_an_empty_folder_is_refused(folder: Path) -> None:
    with pytest.raises(StoppedError):
        sweep(folder, None, lambda: False, lambda _done, _total: None)
    with pytest.raises(UserError, match=r"has no \.npz files"):
        sweep(folder.parent, None, lambda: True, lambda _done, _total: None)


@pytest.fixture
def tool(desk: Desk, photos: Path) -> ThresholdsTool:
    desk.open(photos / "a.png")
    desk.settle()
    desk.do("tools.thresholds")
    tool = the(desk.window, ThresholdsTool)
    desk.wait(lambda: tool.measured is not None)
    return tool


def shown_seed(tool: ThresholdsTool) -> NDArray[np.uint16]:
    layer = tool.view.seed.content.layer
    return layer.labels  # type: ignore[union-attr, return-value]  # the seed is labels


def test_that_a_dragged_handle_repaints_the_seed_at_once_and_shows_in_its_box(tool: ThresholdsTool) -> None:
    drag_line(tool.plot, 0.3, 0.7)
    np.testing.assert_allclose(tool.boxes["fg"].value(), 0.7, atol=0.021)
    assert tool.measured is not None
    np.testing.assert_array_equal(shown_seed(tool), seed_labels(tool.measured.peaks, tool.thresholds))
    assert tool.thresholds.fg == tool.boxes["fg"].value()


def test_that_keys_move_the_handle_that_they_chose(tool: ThresholdsTool) -> None:
    tool.plot.setFocus()
    press(tool.plot, Qt.Key.Key_Down)
    press(tool.plot, Qt.Key.Key_Right)
    press(tool.plot, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert (tool.plot.active, round(tool.thresholds.bg, 2)) == ("bg", 0.16)
    assert tool.thresholds.eval == 0.16  # it gave way


def test_that_a_preset_sets_its_thresholds_and_a_hand_makes_them_ones_own(tool: ThresholdsTool) -> None:
    tool.preset.setCurrentIndex(tool.preset.findText("ReCAM"))
    tool.preset.activated.emit(tool.preset.currentIndex())
    assert tool.thresholds == Thresholds(0.10, 0.21, 0.35)
    tool.boxes["eval"].setValue(0.25)
    assert tool.preset.currentText() == "Own"


def test_that_thresholds_are_remembered(tool: ThresholdsTool) -> None:
    tool.boxes["eval"].setValue(0.22)
    again = ThresholdsTool(tool.context, tool)
    assert again.thresholds.eval == 0.22
    again.stop()


def test_that_a_mask_brings_curves_that_say_they_use_ground_truth(
    desk: Desk, tool: ThresholdsTool, tmp_path: Path
) -> None:
    assert "ground truth)" not in tool.words.text()
    assert desk.state.result is not None
    assert desk.state.result.segmentation is not None
    tool.load_mask(save_mask(tmp_path / "mask.png", desk.state.result.segmentation.labels))
    desk.wait(lambda: tool.measured is not None and tool.measured.mask is not None)
    assert "uses ground truth" in tool.words.text()
    assert tool.view.third.content.mark == "uses ground truth"
    assert tool.plot.chart is not None
    assert all("uses ground truth" in one.name for one in tool.plot.chart.series if "IoU" in one.name)
    click(tool.clear)
    desk.wait(lambda: tool.measured is not None and tool.measured.mask is None)
    assert tool.view.third.content.title == "largest class map"


def test_that_a_mask_of_another_size_is_refused_in_a_sentence_and_the_curves_stay(
    desk: Desk, tool: ThresholdsTool, tmp_path: Path
) -> None:
    tool.load_mask(save_mask(tmp_path / "small.png", np.zeros((5, 6), np.uint16)))
    desk.wait(lambda: "small.png has 6 x 5 px and the image 80 x 60" in tool.words.text())
    assert tool.drawing is not None


def test_that_an_export_is_the_seed_on_the_screen_as_a_voc_mask(
    desk: Desk, tool: ThresholdsTool, tmp_path: Path
) -> None:
    tool.boxes["fg"].setValue(0.6)
    tool.export_to(tmp_path / "new" / "a.png")
    desk.wait(lambda: "a.png" in str(desk.state.message))
    with Image.open(tmp_path / "new" / "a.png") as mask:
        assert mask.mode == "P"
        np.testing.assert_array_equal(np.asarray(mask), shown_seed(tool))
    assert 255 in shown_seed(tool)


def test_that_a_folder_is_swept_with_the_masks_beside_the_loaded_one(
    desk: Desk, tool: ThresholdsTool, folder: Path
) -> None:
    tool.sweep_folder(folder)
    desk.wait(lambda: "2 images of export" in tool.words.text())
    click(tool.single)
    assert "images of" not in tool.words.text()


def test_that_no_detected_class_is_said_where_the_seed_would_be(blind_desk: Desk, photos: Path) -> None:
    blind_desk.open(photos / "a.png")
    blind_desk.settle()
    blind_desk.do("tools.thresholds")
    tool = the(blind_desk.window, ThresholdsTool)
    assert "There is no map to threshold" in tool.view.seed.content.waiting
    assert not tool.export.isEnabled()
