"""The five lessons, on the photograph of the dog and the bicycle that comes along."""

from __future__ import annotations

from dataclasses import replace

from dcsm_viewer.core.settings import Settings
from dcsm_viewer.gui.state.settings_edits import with_field
from dcsm_viewer.gui.tools.tutorials import tutorial_answers
from dcsm_viewer.gui.tools.tutorials.tutorial_model import Tutorial, TutorialQuestion, TutorialStep


def _plain(settings: Settings) -> Settings:
    return with_field(settings, "method.attribution", "gradient")


def _unsubtracted(settings: Settings) -> Settings:
    return with_field(settings, "method.min_candidates", 0)


def _without_crf(settings: Settings) -> Settings:
    return replace(settings, crf=replace(settings.crf, enabled=False))


GRADIENT = Tutorial(
    "gradient",
    "What a gradient map is",
    "From a score back to the pixels that would change it.",
    (
        TutorialStep(
            "A score for every class",
            "The network looks at the photograph and gives each of {all} classes a score. The best here: "
            "{scores}. {found} are above the threshold and count as detected. A score does not say where.",
            "classes",
            facts=tutorial_answers.scores,
        ),
        TutorialStep(
            "Back to the picture",
            "To find out where, the derivative of the dog's score is taken backwards through the network: how "
            "much would the score change if this place changed? The raw map shows the size of that. The number "
            "bar below is its scale.",
            "raw",
            question=TutorialQuestion(
                "Where is the raw map of the dog brightest?",
                ("On the dog", "On the bicycle", "Elsewhere"),
                tutorial_answers.where_the_raw_map_is_brightest,
            ),
        ),
        TutorialStep(
            "Many maps of one class",
            "The derivative can be read at every layer, and the picture can be shown to the network at several "
            "sizes. Here are {layers} layers and {scales} scales of the dog, each map with its own bar.",
            "grid",
            view="grid",
            facts=tutorial_answers.counts,
            question=TutorialQuestion(
                "Which layer has the finer map?",
                ("The first in the grid", "The last in the grid"),
                tutorial_answers.which_layer_is_finest,
            ),
        ),
        TutorialStep(
            "Mind the range",
            "Now all panes of a kind share one range. A map that looked strong on its own bar may be weak beside "
            "others. Never compare colours without reading the bars.",
            "view bar",
            view="grid",
            paint={"range_mode": "shared"},
        ),
    ),
)

GUIDED = Tutorial(
    "guided",
    "Why guided",
    "What a ReLU does to a derivative, and what guided back-propagation changes.",
    (
        TutorialStep(
            "The guided map",
            "This raw map was made by guided back-propagation. On its way back the derivative meets a ReLU after "
            "every layer; a ReLU lets it through only where its input was above 0 and the derivative itself is "
            "above 0.",
            "raw",
        ),
        TutorialStep(
            "Without the second rule",
            "The plain derivative asks only whether the input was above 0, so that positive and negative "
            "influence mix.",
            "backward",
            question=TutorialQuestion(
                "Take the plain derivative: what becomes of the dog's finest raw map?",
                ("It gets rougher", "About the same", "It gets smoother"),
                tutorial_answers.rougher_or_smoother,
                then=_plain,
            ),
        ),
        TutorialStep(
            "Gate by gate",
            "The gradient inspector shows the three rules side by side: plain, deconvnet, guided. Step back layer by "
            "layer and click a unit: the table says which derivatives arrive at the next ReLU, and which of them "
            "each rule lets through.",
            "microscope",
            view="microscope",
        ),
        TutorialStep(
            "What it costs",
            "A cleaner map is not a better explanation. Guided maps keep edges of the photograph even where the "
            "weights are random: open the weight randomization test from the Tools menu and move its slider. That is "
            "why this program subtracts.",
            "raw",
        ),
    ),
)

ALIKE = Tutorial(
    "alike",
    "Why classes look alike",
    "Two classes, two raw maps, and what they have in common.",
    (
        TutorialStep(
            "The dog, raw",
            "This is the raw map of the dog. Remember where it is bright, also faintly.",
            "raw",
        ),
        TutorialStep(
            "The bicycle, raw",
            "The same for the bicycle: another score, another derivative, the same photograph.",
            "raw",
            class_name="bicycle",
            question=TutorialQuestion(
                "How alike are the raw maps of dog and bicycle, as a correlation?",
                ("Below 0.3", "0.3 to 0.7", "Above 0.7"),
                tutorial_answers.how_alike_raw_maps_are,
            ),
        ),
        TutorialStep(
            "Shared layers",
            "Edges and textures of the early layers serve every class; a derivative that passes them lights them "
            "up whichever class sent it. See how the early layers of the bicycle still know of the dog.",
            "grid",
            view="grid",
            class_name="bicycle",
            paint={"kind": "raw"},
        ),
        TutorialStep(
            "Classes nobody sees",
            "{N} classes are compared here, also some that are not in the picture: the next best ones fill up. "
            "Their raw maps light up at the same places.",
            "classes",
            facts=tutorial_answers.counts,
            question=TutorialQuestion(
                "Which two of them have the most alike raw maps?",
                ("Dog and bicycle", "One of the two and another", "Two others"),
                tutorial_answers.most_alike_pair,
            ),
        ),
    ),
)

SUBTRACTION = Tutorial(
    "subtraction",
    "What subtraction does",
    "Taking away what the rivals claim too.",
    (
        TutorialStep(
            "Raw and distinct",
            "Left of the distinct map is the raw one. From each raw map those of the {others} other candidates are "
            "taken away; what stays is where the dog's derivative is larger than theirs.",
            "distinct",
            facts=tutorial_answers.counts,
        ),
        TutorialStep(
            "The bicycle again",
            "The distinct map of the bicycle beside its raw map: look where the dog sits, and what of it is left.",
            "distinct",
            class_name="bicycle",
            question=TutorialQuestion(
                "Compared with the raw maps, the distinct maps of dog and bicycle are",
                ("more alike", "about as alike", "less alike"),
                tutorial_answers.more_or_less_alike,
            ),
        ),
        TutorialStep(
            "Without rivals",
            "N says how many classes are compared at least. It is a slider: try it, and watch the distinct map.",
            "N",
            question=TutorialQuestion(
                "N goes to 0. The distinct map of the dog becomes",
                ("the raw map", "empty", "no other than it was"),
                tutorial_answers.what_n_0_leaves,
                then=_unsubtracted,
            ),
        ),
        TutorialStep(
            "Only differences",
            "Every difference is brought to the same height before it is added, however small it was. A distinct "
            "map is bright also where a class won by little, so look at the raw values before you trust it.",
            "alpha",
        ),
    ),
)

CRF = Tutorial(
    "crf",
    "What the CRF adds",
    "From blurred maps to borders that follow the picture.",
    (
        TutorialStep(
            "Labels before the CRF",
            "Each pixel gets the class whose map is strongest there, or background. The maps are coarse, so the "
            "borders are too.",
            "labels before",
            view="labels",
        ),
        TutorialStep(
            "After it",
            "The dense CRF lets every pixel talk to all others: those that are near and alike in colour should "
            "have one label.",
            "labels after",
            view="labels",
            question=TutorialQuestion(
                "How many pixels does it give another label?",
                ("Below 2 %", "2 to 10 %", "Above 10 %"),
                tutorial_answers.how_much_the_crf_relabels,
            ),
        ),
        TutorialStep(
            "Step by step",
            "It works in steps. Drag the slider here to see the labels of each; the energy falls as pixels come "
            "to agree.",
            "CRF steps",
            view="labels",
            question=TutorialQuestion(
                "Which step changes most pixels?",
                ("The first", "A later one of the first half", "One of the second half"),
                tutorial_answers.which_step_changes_most,
            ),
        ),
        TutorialStep(
            "Borders",
            "Islands vanish and edges move to where the colour changes.",
            "labels after",
            view="labels",
            question=TutorialQuestion(
                "The borders between labels get",
                ("shorter", "hardly longer or shorter", "longer"),
                tutorial_answers.longer_or_shorter_borders,
            ),
        ),
        TutorialStep(
            "Switched off",
            "Here the CRF is off, and both panes show the same labels. It can only move borders of what the maps "
            "found: it brings no class, and where colours run together it may eat an object whole.",
            "CRF weight",
            view="labels",
            settings=_without_crf,
        ),
    ),
)

TUTORIALS: tuple[Tutorial, ...] = (GRADIENT, GUIDED, ALIKE, SUBTRACTION, CRF)
