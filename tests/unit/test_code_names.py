"""Names in code are the field's terms: none of those that were given up is defined again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.words import ROOT

# What was given up, by the name that took its place.
GIVEN_UP: dict[str, str] = {
    # engine
    "Passes": "NetworkPasses", "Found": "PassOutputs", "MapStage": "MapPipeline", "Shelf": "ModelCache",
    "Trace": "ForwardState", "Gates": "ReluMasks", "derivable": "gradient_layers", "Readout": "ClassHead",
    "winners": "pool_argmax", "Sheet": "SamplingGrid", "Samples": "PresampledGrid", "takes": "positive_target",
    "giving": "has_negative_target", "Evidence": "Contribution", "Piece": "PartialSum", "quick_look": "preview",
    "look_ahead": "prefetch", "belong_to": "clear_for_image", "give_back_freed": "malloc_trim",
    "side_by_side": "parallel_map", "pulse": "on_progress", "make_first_calls": "warm_up_mkl",
    # queries
    "inquiries": "queries", "Inquiry": "Query", "inquiry": "query", "inquire": "submit", "Aside": "BatchQuery",
    "EngineAside": "SharedEngineClient", "as_if_found": "treat_all_as_detected", "Rung": "RandomizationStep",
    "Ladder": "RandomizationSeries",
    # export, batch, training, research
    "stand_ins": "safe_globals", "Order": "ExportJob, TrainJob, EvalJob", "Settling": "BatchEngine", "farm": "dask",
    "Bench": "LabelEvaluator", "Standing": "TrainingState", "holding_back": "split",
    "known_outputs": "class_mapping", "forgetting": "feature_drift", "agreed": "any_rank, is_consistent",
    "gathered": "all_gather, or what is collected", "looks": "appearance", "stock": "asset_pool",
    "strangers": "distractors", "dressed": "compose_object", "as_shot": "simulate_camera",
    # window
    "Errands": "BackgroundTasks", "Opening": "ImageLoader", "Exporting": "ExportController",
    "Modelling": "ModelImporter", "Remembered": "UserSettings", "Collecting": "GuiThreadGc", "Parts": "AppComponents",
    "Leafed": "FolderPosition", "parked": "saved_tab", "PaneHand": "PaneInput", "pane_paint": "pane_drawing",
    "Ground": "ScaledImage", "Grounds": "ScaledImageCache", "Look": "ViewTransform", "Board": "PaneLayout",
    "Patch": "SampledLayer", "Tiles": "MapGrid", "Reach": "KernelFootprint",
    "calm_wheel": "ignore_wheel_unless_focused", "TickFlow": "CheckBoxGroup", "Workbench": "ToolContext",
    "OpenedTools": "ToolHost", "PixelHand": "PixelClicks", "askable": "analysis_target", "swipe": "compare_ab",
    "chips": "stage_cards, swatches", "Keeper": "ReviewWriter", "Survey": "DoubtScan", "Book": "ReviewFile",
    "yields": "summary",
    # settings
    "detect_by": "score_reduction", "gate_by_scale": "skip_undetected_scales", "channel_max": "channel_reduction",
    "level_follows": "adaptive_background", "struck": "excluded", "pinned": "always_compared",
    "DeviceWish": "DeviceOption", "PrecisionWish": "PrecisionOption", "rate_head": "head_lr",
    "rate_body": "backbone_lr", "outputs_of": "frozen_head",
    # words with several meanings
    "place": "index or position", "places": "indices or positions", "trouble": "error", "troubles": "errors",
    "room": "area, capacity, buffer, folder", "said": "message", "wish": "request, key",
}  # fmt: skip
ALLOWED = {
    ("place", "function"): "a verb: it places something",
    ("pinned", "variable"): "versions are pinned",
}
FOLDERS = ("dcsm_viewer", "tests", "benchmarks", "research")


def defined(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Name, kind and line of everything that a module defines."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                yield node.name, "class", node.lineno
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, "function", node.lineno
            case ast.arg():
                yield node.arg, "parameter", node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, "variable", node.lineno
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, "attribute", node.lineno


def given_up(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: the {kind} {name}; call it {GIVEN_UP[name.strip('_')]}"
        for name, kind, line in defined(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_") in GIVEN_UP and (name.strip("_"), kind) not in ALLOWED
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_that_no_name_that_was_given_up_is_defined_again(folder: str) -> None:
    found = [sentence for path in sorted((ROOT / folder).rglob("*.py")) for sentence in given_up(path)]
    assert not found, "\n".join(found)


def test_that_a_name_is_seen_wherever_it_is_defined() -> None:
    code = "class Shelf: ...\ndef pulse(place): wish = self._trouble = [said for said in ()]\n"
    names = {name.strip("_") for name, _, _ in defined(ast.parse(code))}
    assert {"Shelf", "pulse", "place", "wish", "trouble", "said"} <= names & set(GIVEN_UP)
