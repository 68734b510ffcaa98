"""The engine: torch lives here and nowhere else."""

import os

# Before torch starts its threads: by default they spin while they wait, and take the cores from the window, the
# export's other threads and each other. On a busy machine of two cores spinning cost a factor of ten, sleeping nothing
# that could be measured on an idle one (docs/performance.md).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
