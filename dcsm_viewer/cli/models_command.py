"""`dcsm-viewer models`: list what there is, import weights from elsewhere, blend two, fetch the published VGG-16."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from dcsm_viewer.cli.terminal import BAD_USAGE, FAILED, print_json, print_message, sentences

app = typer.Typer(help="Networks by name: list, describe, import, blend, fetch.", rich_markup_mode=None)

Convention = Annotated[
    Literal["caffe", "caffe-rgb", "dcsm-m", "torchvision", "efficientnet-lite"] | None,
    typer.Option("--convention", help="How the network wants its pixels, where the file does not say or is wrong."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Take the place of a model of the same name.")]


@app.command("list")
def list_() -> None:
    """One JSON line a model."""
    from dcsm_viewer.engine.weights.library import list_models

    for entry in list_models():
        print_json(_short(entry))


@app.command()
def info(name: Annotated[str, typer.Argument(help="A model's name, or a weights file.")]) -> None:
    """Everything known about one model; for a file, what reading it finds."""
    from dcsm_viewer.engine.weights import library

    with sentences(FAILED):
        known = {entry.name for entry in library.list_models()}
        if name in known:
            print_json(library.info(name).model_dump(mode="json"))
            return
        weights = library.load(name)
    print_json(
        {
            "file": name,
            "architecture": weights.architecture,
            "sha256": weights.digest,
            "source": weights.source,
            "licence": weights.licence,
            "input": str(weights.convention),
            "ceil_mode": weights.ceil_mode,
            "classes": list(weights.class_names),
            "notes": list(weights.notes),
            "recipe": dict(weights.recipe) if weights.recipe is not None else None,
        }
    )


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help=".caffemodel, .mat, .pth or .safetensors")],
    name: Annotated[str, typer.Option(help="What to call the model here.")],
    title: Annotated[str | None, typer.Option(help="A longer name for people.")] = None,
    classes: Annotated[Path | None, typer.Option(help="Class names, one a line or JSON.")] = None,
    convention: Convention = None,
    mean: Annotated[str | None, typer.Option(help="R,G,B that is subtracted; needs --std.")] = None,
    std: Annotated[str | None, typer.Option(help="R,G,B that is divided by.")] = None,
    order: Annotated[Literal["rgb", "bgr"], typer.Option(help="Channel order, with --mean and --std.")] = "rgb",
    value_range: Annotated[
        Literal["0..1", "0..255"], typer.Option("--range", help="Of the pixels that --mean and --std are for.")
    ] = "0..1",
    head: Annotated[
        Literal["softmax", "sigmoid"] | None,
        typer.Option(help="How outputs become scores: one class of all, or each class by itself."),
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(help="torchvision/NAME or timm/NAME, where the keys do not tell.")
    ] = None,
    layers: Annotated[
        str | None, typer.Option(help="Layers to use by default: names or globs, such as 'layer[234]'.")
    ] = None,
    replace: Replace = False,
) -> None:
    """Reads and checks weights of any known format and keeps them as safetensors in the model folder."""
    from dcsm_viewer.engine.weights.input_spec_names import input_spec_named, input_spec_of
    from dcsm_viewer.engine.weights.library import import_weights

    with sentences(FAILED):
        chosen = None if convention is None else input_spec_named(convention)
        if mean is not None or std is not None:
            chosen = input_spec_of(mean, std, order, value_range)
        entry = import_weights(
            path,
            name,
            title=title,
            class_names_file=classes,
            convention=chosen,
            architecture=architecture,
            head=head,
            layer_names=_names(layers),
            replace_existing=replace,
        )
    print_json(_short(entry))
    for note in (*entry.notes, *entry.network_notes, *entry.undefined_methods.values()):
        print_message(note)
    if entry.layer_names:
        print_message(f"Layers: {', '.join(entry.layer_names)}; `dcsm-viewer models layers {name}` lists all.")


@app.command()
def layers(name: Annotated[str, typer.Argument(help="A model's name, or a weights file.")]) -> None:
    """One JSON line a layer that maps can be made of: name, kind, channels, stride, size, whether it is a default."""
    from dcsm_viewer.engine.model_cache import load_model
    from dcsm_viewer.engine.runtime.device import choose

    with sentences(FAILED):
        card = load_model(name, "voc", choose("cpu", "float32")).card
    known = {layer.name: layer for layer in card.layers}
    for layer in card.gradient_layers:
        row = asdict(known[layer]) if layer in known else {"name": layer}
        print_json({**row, "default": layer in card.layer_names})


@app.command()
def interpolate(
    first: Annotated[str, typer.Argument(help="A model's name or a weights file; its classes stay.")],
    second: Annotated[str, typer.Argument(help="Another of the same network, such as what the first began with.")],
    out: Annotated[Path, typer.Option(help="The .safetensors file to write.")],
    share: Annotated[float, typer.Option(help="How much of the first, 0 to 1.")] = 0.8,
    half: Annotated[bool, typer.Option("--half", help="Write the weights in half precision.")] = False,
) -> None:
    """Averages two sets of weights: a little of the start back makes training on few pictures forget less."""
    from dcsm_viewer.engine.weights import library
    from dcsm_viewer.engine.weights.weight_interpolation import interpolate as blended
    from dcsm_viewer.engine.weights.weight_interpolation import write_interpolated

    with sentences(FAILED):
        weights = blended(library.load(first), library.load(second), share)
        print_json({"file": str(out), "sha256": write_interpolated(out, weights, half=half), "share": share})


app.command("blend", hidden=True)(interpolate)  # its older name


@app.command()
def remove(name: Annotated[str, typer.Argument(help="A model that was imported.")]) -> None:
    """Deletes an imported model from the model folder."""
    from dcsm_viewer.engine.weights import library

    with sentences(FAILED):
        library.remove(name)
    print_json({"removed": name})


@app.command()
def fetch(
    name: Annotated[
        str, typer.Argument(help="What to fetch; 'vgg16' is torchvision's, trained on ImageNet.")
    ] = "vgg16",
    replace: Replace = False,
) -> None:
    """Downloads published weights (528 MB) and imports them; needs a network."""
    if name != "vgg16":
        print_message(f"Only 'vgg16' can be fetched, not '{name}'; other weights are imported from a file.")
        raise typer.Exit(BAD_USAGE)
    from dcsm_viewer.engine.weights.torchvision_weights import fetch_torchvision_vgg16

    def progress(there: int, whole: int) -> None:
        print_message(f"{there / 2**20:.0f} of {whole / 2**20:.0f} MB")

    with sentences(FAILED):
        print_json(_short(fetch_torchvision_vgg16(progress, replace_existing=replace)))


def _short(entry: Any) -> dict[str, Any]:
    """An entry without its class names and layers, of which there can be a thousand."""
    left_out = {"class_names", "gradient_layers", "layers"}
    return {**entry.model_dump(mode="json", exclude=left_out), "classes": len(entry.class_names)}


def _names(listed: str | None) -> tuple[str, ...]:
    return () if listed is None else tuple(name.strip() for name in listed.split(",") if name.strip())
