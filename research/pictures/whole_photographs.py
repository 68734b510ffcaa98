"""Which VOC classes whole photographs show: files by source, each looked at, none of them ever trained on.

Every class that is seen anywhere is named, people and what stands behind included, by the rules of VOC's annotators: a
deckchair is a chair and a bench is none, a pick-up is a car, a hand is a person, a goat is no sheep. Left out are
drawings, textures, twins of a picture that is there, and photographs in which it cannot be said what is there (chairs
under an orchestra, specks in a square).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class WholePhotograph:
    """`file` in the unpacked source; in GCompris: activity/file among the activity's resources. labels: maybe none."""

    source: str
    file: str
    labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name it is kept under: its source, then its file."""
        path = PurePosixPath(self.file)
        stem = path.stem if self.source != "gcompris" else f"{path.parts[0]}-{path.stem}"
        return f"{self.source}--{stem}{path.suffix}"


_FOOLBOX = "foolbox/data/imagenet_{}.jpg"
_DARKNET = "usr/share/darknet/data/{}.jpg"
_SCIKIT = "skimage/data/{}"
_OPENCV = "usr/share/doc/opencv-doc/examples/{}"
_STDLIB = "package/data/image.jpg"

# By source: how a file's name is spelt out, and files by the classes they show.
_SHOWN: dict[str, tuple[str, dict[str, str]]] = {
    "foolbox": (
        _FOOLBOX,
        {
            "bird": "14_129 15_99 17_22",
            "bottle person": "02_438",
            "car": "06_609 07_609",
            "chair": "01_559",
            "dog": "16_251",
            "dog person": "00_243",
            "": "03_990 04_949 05_853 08_915 09_455 10_541 11_630 12_741 13_471 18_317 19_305",
        },
    ),
    "darknet": (
        _DARKNET,
        {
            "bicycle car dog": "dog",
            "bird": "eagle",
            "dog horse person": "person",
            "horse": "horses",
            "person": "kite",
            "": "giraffe",
        },
    ),
    "scikit-image": (
        _SCIKIT,
        {
            "bicycle bottle motorbike": "motorcycle_left.png",
            "cat": "chelsea.png",
            "person": "astronaut.png camera.png",
            "": "coins.png rocket.jpg",
        },
    ),
    "opencv-doc": (
        _OPENCV,
        {
            "bird": "hfs/data/000.jpg",
            "car": "data/licenseplate_motion.jpg",
            "dog": "data/chicky_512.png",
            "person": "data/basketball1.png data/messi5.jpg",
            "person tvmonitor": "data/left01.jpg",
            "pottedplant": "data/aloeL.jpg",
            "": "data/apple.jpg data/baboon.jpg data/board.jpg data/butterfly.jpg data/fruits.jpg data/leuvenA.jpg "
            "data/rubberwhale1.png data/squirrel_cls.jpg hfs/data/001.jpg hfs/data/002.jpg",
        },
    ),
    "ultralytics": ("ultralytics/assets/{}.jpg", {"bus person": "bus", "person": "zidane"}),
    "face-api": ("package/demo/{}.jpg", {"person": "sample4 sample5", "person sofa": "sample2"}),
    "stdlib-airplane-from-above": (_STDLIB, {"aeroplane": "-"}),
    "stdlib-locomotion-house-cat": (_STDLIB, {"cat": "-"}),
    "stdlib-march-pastoral": (_STDLIB, {"sheep": "-"}),
    "stdlib-nagasaki-boats": (_STDLIB, {"boat person": "-"}),
    "gcompris": (
        "{}.webp",
        {
            "bird": "erase/northern_harrier erase/penguin erase/swans erase/kingfisher erase/heron erase/toucan "
            "erase/gosling erase/spoonbills explore_farm_animals/animals/chicken explore_farm_animals/animals/duck "
            "explore_farm_animals/animals/owl explore_world_animals/animals/scarlet_macaw",
            "cat": "erase/kitten explore_farm_animals/animals/cat",
            "chair": "categorization/images/others/chair",
            "cow": "erase/calf explore_farm_animals/animals/cow",
            "dog": "explore_farm_animals/animals/dog",
            "horse": "erase/horse explore_farm_animals/animals/horse",
            "person": "explore_world_music/music/australia explore_world_music/music/italy "
            "explore_world_music/music/mexico",
            "sheep": "explore_farm_animals/animals/sheep",
            "": "erase/gorilla erase/pika erase/caterpillar erase/giraffe erase/nubian_ibex erase/camels "
            "erase/macaque erase/dolphin erase/chamaeleon erase/flying_fox erase/gibbon erase/rhinoceros erase/crab "
            "erase/goat erase/alpaca erase/cheetah erase/butterfly erase/bee erase/meerkats erase/red_panda "
            "erase/squirrel explore_farm_animals/animals/pig explore_world_animals/animals/crocodile "
            "explore_world_animals/animals/giraffe explore_world_animals/animals/koala "
            "explore_world_animals/animals/bison explore_world_animals/animals/dragon "
            "explore_world_animals/animals/jaguar explore_world_animals/animals/hedgehog "
            "explore_world_animals/animals/kangaroo explore_world_animals/animals/narwhal "
            "explore_world_animals/animals/moose explore_world_animals/animals/panda "
            "explore_world_animals/animals/lemur explore_world_animals/animals/polar_bear "
            "explore_world_music/music/america explore_world_music/music/africa",
        },
    ),
}


def whole_photographs() -> Iterator[WholePhotograph]:
    """The table, in its order."""
    for source, (spelt, by_labels) in _SHOWN.items():
        for labels, files in by_labels.items():
            for file in files.split():
                yield WholePhotograph(source, spelt.format(file), tuple(labels.split()))
