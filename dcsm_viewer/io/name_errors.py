"""Names that no file can have, and links that lead to no file: what the system says of them, as a sentence."""

from __future__ import annotations

import errno


def sentence_on(trouble: BaseException) -> str | None:
    """Return what to say of a file whose name is too long or a link to itself; None for all other troubles.

    Any question to the system about such a file may raise, whether it is there or may be read, so that the doors of
    the program (command line, batch, window) answer for all of them.
    """
    if not isinstance(trouble, OSError) or trouble.filename is None:
        return None
    name = trouble.filename.decode("utf-8", "replace") if isinstance(trouble.filename, bytes) else trouble.filename
    if trouble.errno == errno.ENAMETOOLONG:
        return f"{name} is too long for a file name; choose a shorter one."
    if trouble.errno == errno.ELOOP:
        return f"{name} is a link that leads to itself; choose the file that is meant."
    return None
