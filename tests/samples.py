"""Where the bundled photographs lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "resources" / "samples"
SAMPLE = SAMPLES / "dog-bicycle.jpg"

# What the model list holds by itself; Lite1 and Lite2 are in the extra `lite`, which the tests have.
SHIPPED_MODELS = ["efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2", "lite0-voc", "vgg16-voc"]
