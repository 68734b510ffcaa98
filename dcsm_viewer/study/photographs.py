"""Real photographs with known classes, which no network here was trained on: fetched, and looked at one by one.

`python -m dcsm_viewer.study.photographs` fetches them and writes `out/photographs/labels.csv`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from dcsm_viewer.study.pictures.fetch import fetched
from dcsm_viewer.study.pictures.sources import Source, named
from dcsm_viewer.values import UserError
from dcsm_viewer.whole_file import make_folder, whole_file

FOOLBOX = Source(
    "foolbox", "pip", "foolbox", "3.3.4", "not stated", "evaluation",
    "11049d515d38e765e206a73ace9cc648b81a0d6d1da9ad9057e149ee117989cb", "photographs packed with Foolbox",
)  # fmt: skip
DARKNET = Source(
    "darknet", "apt", "darknet", "0.0.0+git20180914.61c9d02e-2+b4", "MIT", "evaluation",
    "9ca14d36112d242a782bfed4104fa5adcd2ae8bc599ab610f42eb609ee125a01",
    "photographs packed with Darknet, by Joseph Redmon",
)  # fmt: skip
SCIKIT_IMAGE = named("scikit-image")

# Every class of VOC that is seen, people of whom a part is seen included; () where there is none.
PHOTOGRAPHS: tuple[tuple[Source, str, tuple[str, ...]], ...] = (
    (FOOLBOX, "foolbox/data/imagenet_00_243.jpg", ("dog", "person")),
    (FOOLBOX, "foolbox/data/imagenet_01_559.jpg", ("chair",)),
    (FOOLBOX, "foolbox/data/imagenet_02_438.jpg", ("person",)),
    (FOOLBOX, "foolbox/data/imagenet_03_990.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_04_949.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_05_853.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_06_609.jpg", ("car",)),
    (FOOLBOX, "foolbox/data/imagenet_07_609.jpg", ("car",)),
    (FOOLBOX, "foolbox/data/imagenet_08_915.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_09_455.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_10_541.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_11_630.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_12_741.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_13_471.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_14_129.jpg", ("bird",)),
    (FOOLBOX, "foolbox/data/imagenet_15_99.jpg", ("bird",)),
    (FOOLBOX, "foolbox/data/imagenet_16_251.jpg", ("dog",)),
    (FOOLBOX, "foolbox/data/imagenet_17_22.jpg", ("bird",)),
    (FOOLBOX, "foolbox/data/imagenet_18_317.jpg", ()),
    (FOOLBOX, "foolbox/data/imagenet_19_305.jpg", ()),
    (DARKNET, "usr/share/darknet/data/dog.jpg", ("bicycle", "car", "dog")),
    (DARKNET, "usr/share/darknet/data/eagle.jpg", ("bird",)),
    (DARKNET, "usr/share/darknet/data/giraffe.jpg", ()),
    (DARKNET, "usr/share/darknet/data/horses.jpg", ("horse",)),
    (DARKNET, "usr/share/darknet/data/kite.jpg", ("person",)),
    (DARKNET, "usr/share/darknet/data/person.jpg", ("dog", "horse", "person")),
    (SCIKIT_IMAGE, "skimage/data/astronaut.png", ("person",)),
    (SCIKIT_IMAGE, "skimage/data/camera.png", ("person",)),
    (SCIKIT_IMAGE, "skimage/data/chelsea.png", ("cat",)),
    (SCIKIT_IMAGE, "skimage/data/coffee.png", ()),
    (SCIKIT_IMAGE, "skimage/data/motorcycle_left.png", ("motorbike",)),
    (SCIKIT_IMAGE, "skimage/data/rocket.jpg", ()),
)


def labels_table(sources: Path, beside: Path) -> str:
    """Rows image,label,... of PHOTOGRAPHS below `sources`, which are to lie in a file in the folder `beside`.

    Raises UserError naming a photograph that its package does not hold.
    """
    rows = ["image,label"]
    for source, name, labels in PHOTOGRAPHS:
        image = sources / source.name / name
        if not image.is_file():
            raise UserError(f"{image} is not there; delete {sources / source.name}, it is fetched again.")
        rows.append(",".join((Path(os.path.relpath(image, beside)).as_posix(), *labels)))
    return "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for sources/ and photographs/")
    out: Path = parser.parse_args().out
    try:
        for source in (FOOLBOX, DARKNET, SCIKIT_IMAGE):
            fetched(source, out / "sources", _say)
        make_folder(out / "photographs")
        table = labels_table(out / "sources", out / "photographs")
        with whole_file(out / "photographs" / "labels.csv") as file:
            file.write(table.encode())
    except UserError as error:
        _say(str(error))
        return 1
    return 0


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
