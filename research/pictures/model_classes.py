"""Which 3-D models of Sweet Home 3D's libraries show which VOC class: numbers in each catalogue, each looked at.

VOC counts an armchair as a chair and leaves stools, benches and low coffee tables out (its annotation guidelines);
vans are cars, trucks are nothing.
"""

from __future__ import annotations

import re

_BY_CLASS: dict[str, dict[str, tuple[int, ...]]] = {
    "aeroplane": {"BlendSwap-CC-0": (10,)},
    "bicycle": {"BlendSwap-CC-BY": (88,), "Scopia": (246,)},
    "bird": {"BlendSwap-CC-0": (94,)},
    "boat": {"BlendSwap-CC-BY": (133,)},
    "bottle": {"BlendSwap-CC-0": (23, 64, 66), "BlendSwap-CC-BY": (6,), "KatorLegaz": (23, 87),
               "Scopia": (22, 103, 106, 117)},
    "bus": {"Scopia": (247, 361)},
    "car": {"BlendSwap-CC-BY": (15, 94), "KatorLegaz": (59, 60, 61, 69, 75),
            "Scopia": (59, 168, 170, 249, 250, 251, 252)},
    "cat": {"BlendSwap-CC-BY": (100,), "Scopia": (161,)},
    "chair": {"BlendSwap-CC-0": (1, 26, 31, 37, 65, 79, 86, 93, 99, 101, 108, 125, 139, 143, 171),
              "BlendSwap-CC-BY": (11, 13, 16, 17, 18, 24, 45, 87, 95, 111, 112, 116, 120, 123, 127, 128),
              "KatorLegaz": (47, 48, 51),
              "Scopia": (11, 23, 24, 30, 31, 47, 62, 69, 81, 89, 90, 92, 99, 359, 384)},
    "diningtable": {"BlendSwap-CC-0": (27, 48, 134), "BlendSwap-CC-BY": (12, 14), "KatorLegaz": (15, 52),
                    "Scopia": (26, 38, 39, 61, 72, 93, 94, 95, 96, 97, 301, 338, 360)},
    "dog": {"BlendSwap-CC-BY": (89,), "Scopia": (162,)},
    "horse": {"BlendSwap-CC-0": (97,), "BlendSwap-CC-BY": (97,)},
    "motorbike": {"KatorLegaz": (66,), "Scopia": (173, 248)},
    "person": {"KatorLegaz": (62,), "Reallusion": tuple(range(1, 26))},
    "pottedplant": {"BlendSwap-CC-0": (77, 102, 107, 113, 124, 126), "BlendSwap-CC-BY": (47, 78, 85, 92, 101, 102),
                    "Scopia": (36, 157, 192)},
    "sofa": {"BlendSwap-CC-0": (21, 67, 95, 112, 132, 140), "BlendSwap-CC-BY": (23, 80, 119, 129),
             "KatorLegaz": (4, 56, 57), "Scopia": (32, 37, 74, 75, 76, 86, 125, 288, 385)},
    "train": {"BlendSwap-CC-BY": (106,)},
    "tvmonitor": {"BlendSwap-CC-0": (22,), "KatorLegaz": (76,), "Scopia": (50, 210)},
}  # fmt: skip
# Things of no class by their names; whatever is like a class (stools, coffee tables, laptops, vases) is in neither.
_OF_NO_CLASS = re.compile(
    r"Desk lamp|Bookcase|Bed|Wardrobe|Large fridge|Refrigerator|Double oven|Stove|Clothes washing machine|Grand piano|"
    r"Upright piano|Electric guitar|Barrel|Crate|Cardboard box|Umbrella|Deer|Rabbit|Fork lift|Truck|Wheelchair|"
    r"Backpack|Suitcase|Handbag|Basketball|Soccer ball|Mower|Trampoline|Camping tent|Teddy bear|Extinguisher|"
    r"Fire hydrant|Mailbox|Snowman|Fountain|Washbasin|Toilets unit|Bath|Christmas tree|Palm tree|Pine|Acacia|Rock|"
    r"Wheelbarrow|Stroller|Tennis racket|Table fan|Speaker|Headphones|Coffee cup|Hamburger|Hot dog|Birthday cake|"
    r"Street lamp|Cone|Skateboard|Step ladder|Piggy|Doll house|Dog house|Fireplace|Washing machine"
)
_NUMBERS = {(library, number): name for name, by in _BY_CLASS.items() for library, ns in by.items() for number in ns}


def class_of_model(library: str, number: int, name: str) -> str | None:
    """The VOC class of a model, "background" for a chosen thing of no class, None for one that is in no table."""
    return _NUMBERS.get((library, number)) or ("background" if _OF_NO_CLASS.fullmatch(name) else None)
