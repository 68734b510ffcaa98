"""What `explain` gives: maps, labels and scores as arrays, saved and shown."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import ModelCard, Result
from dcsm_viewer.export import export_result
from dcsm_viewer.export.result_checks import segmentation_of
from dcsm_viewer.render.colormaps import lookup_table
from dcsm_viewer.render.paint import blend, paint_labels, paint_map
from dcsm_viewer.worker.pseudo_labels import with_seeds

OVERLAY_OPACITY = 0.6
DEFAULT_FORMATS = ("voc", "npz", "png")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The settled result of one image, all arrays read-only numpy.

    T classes were detected and have maps, K candidates were compared, S scales and C classes were looked at.
    """

    result: Result

    @property
    def image(self) -> NDArray[np.uint8]:
        """Return the image, uint8 (H, W, 3)."""
        return self.result.request.image.rgb

    @property
    def model(self) -> ModelCard:
        """Return what is known of the network: its name, layers, digest."""
        return self.result.model

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return all C class names, by class id."""
        return self.result.model.class_names

    @property
    def detected_ids(self) -> tuple[int, ...]:
        """Return the T class ids that have maps, ascending."""
        return self.result.detected_ids

    @property
    def candidate_ids(self) -> tuple[int, ...]:
        """Return the K class ids that were compared, the detected ones first."""
        return self.result.candidate_ids

    @property
    def detected(self) -> tuple[str, ...]:
        """Return the names of the detected classes."""
        return tuple(self.class_names[class_id] for class_id in self.detected_ids)

    @property
    def scores(self) -> NDArray[np.float32]:
        """Return the scores in [0, 1], (S, C), a row a scale of `scales`."""
        return self.result.scores

    @property
    def scales(self) -> tuple[int, ...]:
        """Return the sides of the network input, px."""
        return self.result.scales

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the layers whose maps were used."""
        return self.result.layers

    @property
    def class_maps(self) -> NDArray[np.float32]:
        """Return the distinct class maps in [0, 1], (T, H, W), rows as `detected_ids`."""
        return self.result.class_maps

    @property
    def raw_class_maps(self) -> NDArray[np.float32]:
        """Return the class maps without subtraction in [0, 1], (K, h, w) on the canvas, rows as `candidate_ids`."""
        return self.result.raw_class_maps[: len(self.candidate_ids)]

    @property
    def raw(self) -> Mapping[tuple[int, str], NDArray[np.float32]]:
        """Return the raw saliency maps by (scale, layer), (K, h, w) over the whole network input."""
        return self.result.raw

    @property
    def labels(self) -> NDArray[np.integer]:
        """Return the label image (H, W): 0 for background, class id + 1 for a class."""
        return segmentation_of(self.result).labels

    @property
    def notes(self) -> tuple[str, ...]:
        """Return sentences on what could not be used or had to be chosen."""
        return self.result.notes

    def save(
        self,
        folder: str | os.PathLike[str],
        formats: Sequence[str] = DEFAULT_FORMATS,
        *,
        stem: str | None = None,
        stages: bool = False,
    ) -> tuple[Path, ...]:
        """Write masks, numbers and the recipe that makes them again, and read each back.

        Parameters
        ----------
        folder
            Made if it is not there.
        formats
            Names that `dcsm-viewer export --format` takes.
        stem
            Of the files; the image's own if left out.
        stages
            Add the raw maps to the npz.

        Returns
        -------
        tuple of Path
            What was written, the recipe last.

        Raises
        ------
        UserError
            For an unknown format, and where a file of somebody else's would be replaced.
        """
        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        name = stem or Path(self.result.request.image.name).stem
        return export_result(with_seeds(self.result, tuple(formats)), out, name, tuple(formats), stages=stages)

    def overlay(self) -> NDArray[np.uint8]:
        """Return the labels painted over the image, uint8 (H, W, 3)."""
        return blend(self.image, paint_labels(segmentation_of(self.result).labels), OVERLAY_OPACITY)

    def _repr_png_(self) -> bytes:
        return _png(self.overlay())

    def _repr_html_(self) -> str:
        lut = lookup_table("viridis")
        figures = [_figure(self.overlay(), ", ".join(self.detected) or "no class detected")]
        for class_id, values in zip(self.detected_ids, self.class_maps, strict=True):
            score = float(self.scores[:, class_id].max())
            figures.append(_figure(paint_map(values, lut, 0, 1), f"{self.class_names[class_id]} {score:.2f}"))
        return f"<div style='display:flex;gap:8px;flex-wrap:wrap'>{''.join(figures)}</div>"

    def __repr__(self) -> str:
        found = ", ".join(self.detected) or "no class"
        height, width = self.image.shape[:2]
        return f"<Explanation of {self.result.request.image.name} ({height} x {width}): {found}>"


def _figure(pixels: NDArray[np.uint8], caption: str) -> str:
    data = base64.b64encode(_png(pixels)).decode()
    return (
        f"<figure style='margin:0'><img style='max-width:320px' src='data:image/png;base64,{data}'>"
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG")
    return stream.getvalue()
