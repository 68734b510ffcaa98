"""What one pane shows, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.gui.canvas.crf_kernels import Ring
from dcsm_viewer.gui.canvas.sampling import LabelLayer, Layer, MapLayer
from dcsm_viewer.gui.canvas.value_ranges import short
from dcsm_viewer.gui.canvas.visible_region import value_at


@dataclass(frozen=True, slots=True)
class Content:
    """A photograph, what lies over it, and the words around it.

    class_id: whose colour chip stands before the title. grey: the photograph is shown without colour. waiting: the
    sentence that stands where a layer will be, "" if nothing is missing. mark: what to know of what is on show
    ("partial, 1 of 3 scales"). rings: circles drawn over everything.
    """

    title: str
    class_id: int | None = None
    image: SourceImage | None = None
    layer: Layer | None = None
    grey: bool = False
    waiting: str = ""
    mark: str = ""
    rings: tuple[Ring, ...] = ()

    @property
    def badge(self) -> str:
        """How the colours are scaled, "" where no map is on show."""
        return self.layer.colours.badge if isinstance(self.layer, MapLayer) else ""

    @property
    def words(self) -> str:
        """All that is written around the picture, for tool tips and those who do not see it."""
        return ", ".join(part for part in (self.title, self.badge, self.mark, self.waiting) if part)

    def reading(self, row: float, col: float) -> str:
        """What the topmost layer says at an image position, "" outside the image or where there is none."""
        if self.image is None or self.waiting:
            return ""
        if self.layer is None:
            h, w = self.image.shape
            return " ".join(str(v) for v in self.image.rgb[int(row), int(col)]) if 0 <= row < h and 0 <= col < w else ""
        if isinstance(self.layer, LabelLayer):
            label = value_at(self.layer.labels, self.image.shape, row, col)
            return "" if label is None else self.layer.names[int(label)]
        value = value_at(self.layer.values, self.image.shape, row, col)
        return "" if value is None else short(value)
