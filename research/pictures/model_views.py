"""3-D models of Sweet Home 3D's libraries, rendered by VTK as cutouts from several sides and in several lights."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.cutout import NO_CLASS, crop_to_visible, file_name
from research.pictures.model_classes import class_of_model
from research.pictures.sources import Source

SIZE_PX = 448
_LIBRARIES = Path("usr/share/sweethome3d/furniture")
# What stands against a wall is photographed from the front; its front looks along +z.
_FRONT_ONLY = frozenset({"sofa", "tvmonitor"})


@dataclass(frozen=True, slots=True)
class SourceModel:
    """One model of a library: its number and name there, the class it shows, its OBJ file."""

    library: str
    number: int
    name: str
    class_name: str
    path: Path


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera and the lamps stand, in degrees; `zoom` is the angle of view.

    `key_light` is (azimuth, elevation) of the strongest lamp seen from the camera; `warmth` runs from -1, blue, to 1.
    """

    azimuth: float
    elevation: float
    zoom: float
    key_light: tuple[float, float]
    contrast: float
    warmth: float


def models_in(folder: Path) -> tuple[SourceModel, ...]:
    """The models of the table in an unpacked package, in the order of library and number.

    Raises UserError where the package has no libraries.
    """
    models = []
    for catalogue in sorted((folder / _LIBRARIES).glob("*/PluginFurnitureCatalog.properties")):
        library = catalogue.parent
        entries: dict[int, dict[str, str]] = {}
        for line in catalogue.read_text(encoding="latin-1").splitlines():
            if entry := re.match(r"(name|model)#(\d+)=(.*)", line):
                entries.setdefault(int(entry[2]), {})[entry[1]] = entry[3].strip()
        for number, entry_of in sorted(entries.items()):
            name, model = entry_of.get("name", ""), entry_of.get("model", "")
            class_name = class_of_model(library.name, number, name)
            path = library / model.lstrip("/")
            if class_name is not None and path.suffix == ".obj" and path.is_file():
                models.append(SourceModel(library.name, number, name, class_name, path))
    if not models:
        raise UserError(f"There are no furniture libraries in {folder}; delete it and fetch it again.")
    return tuple(models)


def random_view(class_name: str, rng: np.random.Generator) -> View:
    """A view as a photographer takes it: from the height of eyes, and what stands against a wall from the front."""
    half_turn = 75.0 if class_name in _FRONT_ONLY else 180.0
    low, high = (5.0, 40.0) if class_name in ("diningtable", "chair", "sofa") else (-3.0, 28.0)
    return View(
        azimuth=float(rng.uniform(-half_turn, half_turn)),
        elevation=float(rng.uniform(low, high)),
        zoom=float(rng.choice([18.0, 30.0, 45.0])),
        key_light=(float(rng.uniform(-100, 100)), float(rng.uniform(10, 75))),
        contrast=float(rng.uniform(0.35, 0.9)),
        warmth=float(rng.uniform(-1, 1)),
    )


def render_models(
    source: Source,
    folder: Path,
    out: Path,
    views: Callable[[SourceModel], int],
    seed: int,
    report: Callable[[str], None],
) -> int:
    """How many cutouts were rendered to `out/<class>/`; those that are there already are left as they are.

    Raises UserError where VTK is not installed.
    """
    camera = Camera()
    models = models_in(folder)
    rendered = 0
    for position, model in enumerate(models):
        made = 0
        missing = []
        for number in range(views(model)):
            name = file_name("render", source.name, f"{model.library}-{model.number}", str(number))
            if not (out / model.class_name / name).is_file():
                missing.append((number, name))
        if missing:
            ensure_folder(out / model.class_name)
            scene = camera.loaded(model.path)
            for number, name in missing:
                rng = np.random.default_rng([seed, crc32(f"{model.library}-{model.number}".encode()), number])
                rgba = crop_to_visible(scene.photograph(random_view(model.class_name, rng)))
                if rgba is None:
                    continue  # an empty or broken model: nothing to see
                with atomic_path(out / model.class_name / name) as path:
                    Image.fromarray(rgba).save(path, format="PNG", compress_level=3)
                made += 1
            scene.close()
        rendered += made
        if position % 20 == 19 or position == len(models) - 1:
            report(f"rendered {rendered} views of {position + 1} of {len(models)} models")
    return rendered


class Camera:
    """A window without a screen that photographs OBJ models."""

    def __init__(self) -> None:
        try:
            vtk: Any = import_module("vtk")  # it comes without types
        except ImportError as error:
            raise UserError("Rendering the models needs VTK: `pip install dcsm-viewer[scenes]`.") from error
        self._vtk = vtk
        vtk.vtkObject.GlobalWarningDisplayOff()  # the models name textures that their library lacks
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetSize(SIZE_PX, SIZE_PX)
        self._window.SetAlphaBitPlanes(1)
        self._window.SetMultiSamples(8)

    def loaded(self, path: Path) -> Stage:
        """The model with its materials, ready to be photographed; close it before the next."""
        return Stage(self._vtk, self._window, path)


class Stage:
    """One model in the window."""

    def __init__(self, vtk: Any, window: Any, path: Path) -> None:
        self._vtk = vtk
        self._window = window
        self._renderer = vtk.vtkRenderer()
        self._renderer.SetBackground(0, 0, 0)
        self._renderer.SetBackgroundAlpha(0)
        self._renderer.TwoSidedLightingOn()
        window.AddRenderer(self._renderer)
        reader = vtk.vtkOBJImporter()
        reader.SetFileName(str(path))
        if path.with_suffix(".mtl").is_file():
            reader.SetFileNameMTL(str(path.with_suffix(".mtl")))
        reader.SetTexturePath(str(path.parent))
        reader.SetRenderWindow(window)
        reader.Update()
        self._renderer.RemoveAllLights()
        self._renderer.AutomaticLightCreationOff()
        actors = self._renderer.GetActors()
        actors.InitTraversal()
        for _ in range(actors.GetNumberOfItems()):
            surface = actors.GetNextActor().GetProperty()
            # Materials are written for many renderers; white ambient and specular parts would burn everything out.
            surface.SetAmbient(0.0)
            surface.SetDiffuse(0.92)
            surface.SetSpecular(min(surface.GetSpecular(), 0.25))

    def photograph(self, view: View) -> NDArray[np.uint8]:
        """The model from there as rgba (SIZE_PX, SIZE_PX, 4), not premultiplied, nothing behind it."""
        bounds = np.array(self._renderer.ComputeVisiblePropBounds()).reshape(3, 2)
        centre, radius = bounds.mean(1), 0.5 * float(np.linalg.norm(bounds[:, 1] - bounds[:, 0]))
        camera = self._renderer.GetActiveCamera()
        camera.SetViewAngle(view.zoom)
        distance = radius / math.sin(math.radians(view.zoom / 2))
        camera.SetFocalPoint(*centre)
        camera.SetPosition(*(centre + distance * _towards(view.azimuth, view.elevation)))
        camera.SetViewUp(0, 1, 0)
        self._renderer.ResetCameraClippingRange()
        self._light(view, centre, distance)
        self._window.Render()
        grab = self._vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.SetInputBufferTypeToRGBA()
        grab.ReadFrontBufferOff()
        grab.Update()
        flat = import_module("vtk.util.numpy_support").vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())
        premultiplied = flat.reshape(SIZE_PX, SIZE_PX, 4)[::-1].astype(np.float32)
        alpha = premultiplied[..., 3:] / 255
        rgb = np.divide(premultiplied[..., :3], alpha, out=np.zeros_like(premultiplied[..., :3]), where=alpha > 0)
        return np.concatenate([np.clip(rgb, 0, 255), premultiplied[..., 3:]], -1).round().astype(np.uint8)

    def _light(self, view: View, centre: NDArray[np.float64], distance: float) -> None:
        self._renderer.RemoveAllLights()
        warm = np.array([1 + 0.10 * view.warmth, 1.0, 1 - 0.12 * view.warmth])
        turn, height = view.key_light
        # A key light, a fill light from the camera, and a dim one from behind and above.
        for azimuth, elevation, strength, tint in (
            (view.azimuth + turn, height, 0.55 + 0.45 * view.contrast, warm),
            (view.azimuth - 20, view.elevation + 10, 0.75 - 0.55 * view.contrast, 2 - warm),
            (view.azimuth + 180, 60, 0.25, np.ones(3)),
        ):
            lamp = self._vtk.vtkLight()
            lamp.PositionalOff()
            lamp.SetFocalPoint(*centre)
            lamp.SetPosition(*(centre + distance * _towards(azimuth, elevation)))
            lamp.SetColor(*np.clip(tint, 0, 1.2))
            lamp.SetIntensity(strength)
            self._renderer.AddLight(lamp)

    def close(self) -> None:
        """Takes the model out of the window."""
        self._window.RemoveRenderer(self._renderer)


def _towards(azimuth: float, elevation: float) -> NDArray[np.float64]:
    """The direction (x, y, z) of degrees around and above, y up, azimuth 0 along +z."""
    around, above = math.radians(azimuth), math.radians(elevation)
    return np.array([math.cos(above) * math.sin(around), math.sin(above), math.cos(above) * math.cos(around)])


def default_views(model: SourceModel, scarce: int = 40, common: int = 12) -> int:
    """How many views are taken of a model: more where a class has few models, few of what has no class."""
    if model.class_name == NO_CLASS:
        return 4
    return common if model.class_name in ("chair", "sofa", "diningtable", "person", "car", "pottedplant") else scarce
