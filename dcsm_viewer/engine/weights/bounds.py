"""How large a file of weights may claim to be, so that a small file cannot ask for all the memory."""

from __future__ import annotations

import struct

# VGG-16 with 1000 classes has 138 million parameters; one file may hold them twice (shared blobs saved with the
# deploy net) and in double precision.
MAX_VALUES = 600_000_000
MAX_BYTES = 3 * 2**30

# What readers of foreign binary formats raise on damaged input, beside their own errors: torch.load alone is known
# for IndexError, EOFError, struct.error and others (pytorch#127525).
PARSE_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
