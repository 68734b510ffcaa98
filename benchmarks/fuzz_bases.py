"""Sound files to damage: a photograph in every format Pillow writes, masks, tables, lists, XML, recipes, sessions."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from dcsm_viewer.core.settings import ClassChoice
from dcsm_viewer.export import export_result
from dcsm_viewer.export.recipe import RecipeOutput, recipe_of, write_recipe
from dcsm_viewer.gui.files.sessions.session_file import SavedImage, SavedTab, session_of, write_session
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.gui.state.view_state import ViewState
from dcsm_viewer.render.palette import voc_palette
from tests.results import make_image, make_result
from tests.samples import SAMPLE

_SIDE = 96
_NO_BYTES = frozenset({"BUFR", "GRIB", "HDF5", "WMF"})  # Pillow's stubs: they need a program of their own
_MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "I;16", "I", "F", "CMYK", "YCbCr", "LAB")
NAMES = ("a.jpg", "my photo 1.jpg", "bär.png", "a.b.jpg")


def images() -> tuple[bytes, ...]:
    """The photograph in every format and mode Pillow writes, some with EXIF, several frames and compressions."""
    Image.init()
    with Image.open(SAMPLE) as opened:
        photograph = opened.convert("RGB")
    photograph.thumbnail((_SIDE, _SIDE))
    exif = Image.Exif()
    exif[0x0112] = 6
    found: list[bytes] = []
    for kind in sorted(set(Image.SAVE) - _NO_BYTES):
        for mode in _MODES:
            found += _saved(photograph, kind, mode, {})
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4", "zstd", "lzma"):
        found += _saved(photograph, "TIFF", "1" if compression == "group4" else "RGB", {"compression": compression})
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF"):
        found += _saved(photograph, kind, "RGB", {"exif": exif})
    later = [photograph.rotate(90), photograph.rotate(180)]
    for kind in ("GIF", "PNG", "WEBP", "TIFF", "AVIF", "MPO"):
        found += _saved(photograph, kind, "RGB", {"save_all": True, "append_images": later})
    return tuple(found)


def masks() -> tuple[bytes, ...]:
    """Labels as palette, grey of several depths and colours, in formats that lose nothing."""
    labels = np.arange(_SIDE * _SIDE, dtype=np.uint32).reshape(_SIDE, _SIDE) // 512 % 21
    labels[:4] = 255
    palette = Image.fromarray(labels.astype(np.uint8))
    palette.putpalette(voc_palette().tobytes())
    pictures = [
        palette,
        Image.fromarray(labels.astype(np.uint8)),
        Image.fromarray(labels.astype(np.uint16)),
        Image.fromarray(labels.astype(np.int32)),
        Image.fromarray(labels.astype(np.uint8)).convert("LA"),
        Image.fromarray(voc_palette()[labels]),
    ]
    found: list[bytes] = []
    for picture in pictures:
        for kind in ("PNG", "TIFF", "BMP", "GIF", "PPM", "TGA", "AVIF", "WEBP"):
            found += _saved(picture, kind, picture.mode, {})
    return tuple(found)


def _saved(picture: Image.Image, kind: str, mode: str, options: Mapping[str, object]) -> list[bytes]:
    """[the file], [] where this format does not hold this mode."""
    stream = BytesIO()
    try:
        converted = picture if picture.mode == mode else picture.convert(mode)
        converted.save(stream, format=kind, **options)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return []
    return [stream.getvalue()]


def tables() -> tuple[bytes, ...]:
    """Label tables in the dialects that are read."""
    rows = [["image", "label"], *([name, "dog", "bicycle"][: 1 + index] for index, name in enumerate(NAMES))]
    return (
        *("\r\n".join(separator.join(row) for row in rows).encode() for separator in (",", ";", "\t")),
        "\n".join(",".join(row) for row in rows[1:]).encode(),
        "\n".join(f'"{row[0]}",{",".join(row[1:])}' for row in rows[1:]).encode("utf-16"),
        b"sep=;\n" + "\n".join(";".join(row) for row in rows[1:]).encode(),
    )


def lists() -> tuple[bytes, ...]:
    """Image sets: names, names with presence, paths of images and masks."""
    stems = [Path(name).stem for name in NAMES]
    return (
        "".join(f"{stem}\n" for stem in stems).encode(),
        "".join(f"{stem}  {index - 1}\r\n" for index, stem in enumerate(stems[:3])).encode(),
        "".join(f"/JPEGImages/{name} /SegmentationClass/{Path(name).stem}.png\n" for name in NAMES).encode(),
    )


def class_lists() -> tuple[bytes, ...]:
    names = ("cat", "dog", "guinea pig", "Bär")
    return (
        "".join(f"{name}\n" for name in names).encode(),
        "".join(f"{index}: {name}\n" for index, name in enumerate(names)).encode(),
        json.dumps(names).encode(),
        json.dumps({str(index): name for index, name in enumerate(names)}).encode(),
        b"# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\ndog:0,128,0::\n",
    )


def voc_annotations() -> tuple[bytes, ...]:
    objects = "".join(
        f"<object><name>{name}</name><difficult>0</difficult><part><name>head</name></part></object>"
        for name in ("dog", "bicycle")
    )
    body = f"<annotation><folder>图片</folder><filename>a.jpg</filename>{objects}</annotation>"
    return (
        body.encode(),
        *(
            f'<?xml version="1.0" encoding="{name}"?>\n{body}'.encode(name)
            for name in ("utf-8", "utf-16", "gbk", "gb18030")
        ),
    )


def recipes(folder: Path) -> tuple[bytes, ...]:
    """Recipes as an export leaves them, and one of unusual settings."""
    result = make_result(make_image(24, 37), scales=(64, 96), layers=("blocks.2", "blocks.4"))
    export_result(result, folder, "a", ("voc", "npz"), stages=False)
    settings = replace(result.request.settings, choice=ClassChoice((1,), (2,), (3,), (4, 5), top1_if_none=True))
    unusual = replace(result, request=replace(result.request, settings=settings))
    write_recipe(recipe_of(unusual, folder, [RecipeOutput("a.png", "voc", "ab" * 32)], stages=True), folder / "b.json")
    return (folder / "a.json").read_bytes(), (folder / "b.json").read_bytes()


def sessions(folder: Path) -> tuple[bytes, ...]:
    """Sessions of one image and of several, which lie beside them."""
    store = Store(ViewState(image=make_image(24, 37)))
    session = session_of(store.state, store.history, folder)
    names = [*NAMES, "gone.jpg"]
    many = replace(session, tabs=tuple(SavedTab(SavedImage(name, name, None)) for name in names), tab=1)
    return tuple(write_session(one, folder / "s.dcsm.json").read_bytes() for one in (session, many))


def coco_masks() -> tuple[bytes, ...]:
    """Polygons, and run lengths as numbers and compressed, for an image of 32 x 24 px."""
    codes = (
        [[1, 1, 20, 1, 20, 15]],
        {"size": [24, 32], "counts": [24, 24, 720]},
        {"size": [24, 32], "counts": "h0h0`f0"},
    )
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "height": 24, "width": 32}],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "segmentation": code} for number, code in enumerate(codes)
        ],
    }
    return tuple(
        json.dumps({**content, "annotations": chosen}).encode()
        for chosen in (content["annotations"], content["annotations"][:1], content["annotations"][1:2])
    )


def labelme_masks() -> tuple[bytes, ...]:
    """Each of labelme's shapes that are areas."""
    drawn = BytesIO()
    Image.new("L", (4, 3), 1).save(drawn, "PNG")
    points = {"polygon": [[1, 1], [9, 1], [9, 9]], "rectangle": [[1, 1], [5, 5]], "circle": [[9, 9], [9, 12]]}
    shapes: list[dict[str, object]] = [
        {"label": "dog", "shape_type": kind, "points": where} for kind, where in points.items()
    ]
    code = base64.b64encode(drawn.getvalue()).decode()
    shapes.append({"label": "cat", "shape_type": "mask", "points": [[2, 2], [5, 4]], "mask": code})
    return tuple(
        json.dumps({"shapes": chosen, "imagePath": "a.jpg", "imageHeight": 24, "imageWidth": 32}).encode()
        for chosen in (shapes, shapes[:1], shapes[-1:])
    )


def cvat_masks() -> tuple[bytes, ...]:
    """CVAT's XML with a polygon and a mask."""
    polygon = b'<polygon label="dog" points="1,1;9,1;9,9"/>'
    mask = b'<mask label="cat" rle="1,4,1" left="2" top="3" width="3" height="2"/>'
    image = b'<image name="a.jpg" width="32" height="24">'
    return (b"<annotations>" + image + polygon + mask + b"</image></annotations>",)


def yolo_masks() -> tuple[bytes, ...]:
    """A text file of YOLO's, of one line and of two."""
    line = b"0 0.1 0.1 0.5 0.1 0.5 0.5\n"
    return (line, line + b"1 0.2 0.2 0.6 0.2 0.6 0.6 0.2 0.6\n")
