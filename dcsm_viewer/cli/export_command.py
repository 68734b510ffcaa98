"""`dcsm-viewer export`: images and folders in, masks, maps and recipes out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dcsm_viewer.cli import options as o
from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, put, say, sentences

Inputs = Annotated[list[str], typer.Argument(help="Images, or folders of images.")]
Out = Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is missing.")]
Classes = Annotated[str | None, typer.Option(help="Exactly these classes, as dog,bicycle, instead of those found.")]
Formats = Annotated[list[str] | None, typer.Option("--format", help="voc, npz or png; several times for several.")]
Stages = Annotated[bool, typer.Option("--stages", help="Also the raw maps of every scale and layer (npz).")]
Resume = Annotated[bool, typer.Option("--resume", help="Leave alone what is done already, with these very settings.")]


def export(
    inputs: Inputs,
    out: Out,
    model: o.ModelOption = "efficientnet-lite0",
    vocabulary: o.VocabularyOption = "voc",
    preset: o.PresetOption = "paper",
    n: o.NOption = None,
    threshold: o.ThresholdOption = None,
    scales: o.ScalesOption = None,
    layers: o.LayersOption = None,
    alpha: o.AlphaOption = None,
    backward: o.BackwardOption = None,
    canvas: o.CanvasOption = None,
    fit: o.FitOption = None,
    channel_max: o.ChannelMaxOption = None,
    subtract_at: o.SubtractAtOption = None,
    upsampling: o.UpsamplingOption = None,
    normalise: o.NormaliseOption = None,
    negatives: o.NegativesOption = None,
    gate_by_scale: o.GateByScaleOption = None,
    final_tanh: o.FinalTanhOption = None,
    maps_for: o.MapsForOption = None,
    classes: Classes = None,
    use_top1: o.Top1Option = False,
    no_crf: o.NoCrfOption = False,
    crf_preset: o.CrfPresetOption = None,
    crf_backend: o.CrfBackendOption = None,
    crf_iterations: o.CrfIterationsOption = None,
    crf_gaussian_sxy: o.CrfGaussianSxyOption = None,
    crf_gaussian_compat: o.CrfGaussianCompatOption = None,
    crf_bilateral_sxy: o.CrfBilateralSxyOption = None,
    crf_bilateral_srgb: o.CrfBilateralSrgbOption = None,
    crf_bilateral_compat: o.CrfBilateralCompatOption = None,
    crf_unary_floor: o.CrfUnaryFloorOption = None,
    device: o.DeviceOption = "auto",
    precision: o.PrecisionOption = "auto",
    formats: Formats = None,
    stages: Stages = False,
    resume: Resume = False,
) -> None:
    """Masks, class maps and recipes of images, one JSON line an image."""
    with sentences(BAD_USAGE):
        settings = o.settings_from(
            model=model,
            vocabulary=vocabulary,
            preset=preset,
            device=device,
            precision=precision,
            method={
                "candidates": n,
                "threshold": threshold,
                "scales": o.numbers(scales),
                "layers": o.words(layers),
                "alpha": alpha,
                "backward": backward,
                "canvas_px": canvas,
                "fit": fit,
                "channel_max": channel_max,
                "subtract_at": subtract_at,
                "upsampling": upsampling,
                "normalise": normalise,
                "negatives": negatives,
                "gate_by_scale": gate_by_scale,
                "final_tanh": final_tanh,
                "maps_for": maps_for,
            },
            crf={
                "enabled": False if no_crf else None,
                "backend": crf_backend,
                "iterations": crf_iterations,
                "gaussian_sxy": crf_gaussian_sxy,
                "gaussian_compat": crf_gaussian_compat,
                "bilateral_sxy": crf_bilateral_sxy,
                "bilateral_srgb": crf_bilateral_srgb,
                "bilateral_compat": crf_bilateral_compat,
                "unary_floor": crf_unary_floor,
            },
            crf_preset=crf_preset,
            top1=use_top1,
        )
        say("Loading the engine ...")
        # Torch takes seconds to import: only now, when the words are known to make sense.
        from dcsm_viewer.batch import Order, check_formats, expand, export_images, with_classes
        from dcsm_viewer.engine.pipeline import Engine

        order = Order(settings, out, tuple(formats or ("voc", "npz", "png")), stages=stages, resume=resume)
        check_formats(order.formats)
        engine = Engine()
        engine.card(settings)
        if classes is not None:
            order = with_classes(engine, order, o.words(classes) or ())
        paths = expand(inputs)
    failed = 0
    for outcome in export_images(engine, paths, order, say):
        put(outcome)
        failed += outcome.error is not None
    if failed:
        say(f"{failed} of {len(paths)} images failed; the lines above say why.")
        raise typer.Exit(FAILED)
