"""The engine: torch lives here and nowhere else."""

import os

# How long torch's threads spin while they wait, before they sleep; it must be said before torch starts them. Spinning
# for ever is fastest on an idle machine and ten times slower on a busy one; sleeping at once halves the speed of small
# steps. 5000 turns, some ten microseconds, come close to the better of the two in both (docs/performance.md).
# The first name is GNU's own and wins where torch uses it (Linux); the second is everybody's.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# How many convolutions, each of another shape, oneDNN keeps compiled. Its own 1024 fill up for hours, as every number
# of classes is a new shape; compiling one again costs too little to measure (docs/many-images.md).
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
