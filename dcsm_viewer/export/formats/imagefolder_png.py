"""Images and masks as Hugging Face `datasets` loads them: an image folder with metadata."""

from __future__ import annotations

from dcsm_viewer.export.codecs.image_png import verify_image, write_image
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.formats import voc_png

FORMATS = (
    Format(
        "imagefolder",
        "Image folder for Hugging Face datasets",
        "imagefolder/masks/{stem}.png",
        voc_png.write,
        voc_png.verify,
        from_labels=True,
        position=190,
        more=(Format("imagefolder", "", "imagefolder/images/{stem}.png", write_image, verify_image, position=191),),
    ),
)
