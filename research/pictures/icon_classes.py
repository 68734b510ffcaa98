"""Which icons show which VOC class: names in the icon sets, each looked at on a contact sheet."""

from __future__ import annotations

import re

_BY_CLASS = {
    "aeroplane": "airplane|small-airplane",
    "bicycle": "bicycle",
    "bird": "bird|black-bird|chicken|rooster|baby-chick|front-facing-baby-chick|penguin|dove|eagle|duck|swan|owl|"
    "flamingo|peacock|parrot|turkey|goose",
    "boat": "canoe|sailboat|speedboat|motor-boat|passenger-ship|ferry|ship",
    "bottle": "baby-bottle|bottle-with-popping-cork|lotion-bottle|sake",
    "bus": "bus|oncoming-bus|trolleybus|minibus",
    "car": "automobile|oncoming-automobile|taxi|oncoming-taxi|police-car|oncoming-police-car|sport-utility-vehicle",
    "cat": "cat|black-cat|cat-face",
    "chair": "chair|seat",
    "cow": "cow|ox|water-buffalo|cow-face",
    "dog": "dog|guide-dog|service-dog|poodle|dog-face",
    "horse": "horse|horse-face",
    "motorbike": "motorcycle|motor-scooter",
    "person": "(person|man|woman)-(walking|running|standing|kneeling|dancing|bowing|shrugging|facepalming|"
    "tipping-hand|raising-hand|gesturing-ok|gesturing-no|in-lotus-position|cartwheeling|juggling|bouncing-ball|"
    "lifting-weights|golfing|technologist|pilot|student|singer|teacher|cook|farmer|artist|scientist|"
    "health-worker|office-worker|mechanic|factory-worker|in-tuxedo)|woman-dancing|man-dancing|person-fencing|"
    "man|woman|person|boy|girl|child|older-person|old-man|old-woman|pregnant-woman|dancer|"
    "construction-worker|guard|police-officer|detective|man-in-suit-levitating|person-in-suit-levitating",
    "pottedplant": "potted-plant",
    "sheep": "ewe|ram",
    "sofa": "couch-and-lamp",
    "train": "train|locomotive|high-speed-train|bullet-train|railway-car|tram|tram-car|light-rail|monorail",
    "tvmonitor": "television|desktop-computer",
}
_SKIN = "(?:-(?:light|medium-light|medium|medium-dark|dark)(?:-skin-tone)?)?"
# Things of no class, so that "something was pasted here" is no sign of one.
_OF_NO_CLASS = (
    "elephant|giraffe|lion|tiger|zebra|rabbit|bear|fox|wolf|snake|turtle|fish|dolphin|whale|octopus|frog|lizard|"
    "hedgehog|deer|camel|pig|gorilla|orangutan|panda|kangaroo|crocodile|snail|butterfly|red-apple|banana|pineapple|"
    "watermelon|strawberry|carrot|broccoli|hamburger|pizza|bread|cookie|birthday-cake|teapot|amphora|umbrella|"
    "guitar|violin|saxophone|drum|trumpet|soccer-ball|basketball|american-football|tennis|backpack|handbag|luggage|"
    "books|candle|camera|telephone|alarm-clock|bed|door|toilet|shower|bathtub|basket|broom|hammer|toolbox|ladder|"
    "evergreen-tree|deciduous-tree|palm-tree|cactus|mushroom|house|castle|tent|fountain|helicopter|rocket|tractor|"
    "delivery-truck|articulated-lorry|skateboard|anchor|traffic-light|mailbox|fire-extinguisher|balloon|kite|"
    "teddy-bear|crown|top-hat|running-shoe|t-shirt|dress|glasses|sunglasses|key|scissors|hot-dog|pickup-truck"
)
_PATTERNS = {
    name: re.compile(f"(?:{names}){_SKIN}" if name == "person" else names) for name, names in _BY_CLASS.items()
}
_NO_CLASS = re.compile(_OF_NO_CLASS)


def class_of_icon(name: str) -> str | None:
    """The VOC class that the icon of this name shows, "background" for a chosen thing of no class, None for others."""
    for class_name, pattern in _PATTERNS.items():
        if pattern.fullmatch(name):
            return class_name
    return "background" if _NO_CLASS.fullmatch(name) else None
