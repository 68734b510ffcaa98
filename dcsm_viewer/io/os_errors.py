"""What the system says of a file it cannot read or write, in words for the user; every such text begins here."""

from __future__ import annotations

import errno

_NO_ACCESS = "permission denied"
_REASONS = {
    errno.ENOENT: "it is not there",
    errno.EACCES: _NO_ACCESS,
    errno.EPERM: _NO_ACCESS,
    errno.EROFS: "its disk is read-only",
    errno.ENOSPC: "its disk is full",
    errno.EDQUOT: "its disk is full",
    errno.ENAMETOOLONG: "its name is too long for a file",
    errno.ELOOP: "it is a link that leads to itself",
    errno.ENOTDIR: "what stands for a folder in its path is none",
    errno.EISDIR: "it is a folder",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}
_REMEDIES = {
    errno.ENOENT: "check the path",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.EROFS: "choose another disk",
    errno.ENOSPC: "make room or choose another disk",
    errno.EDQUOT: "make room or choose another disk",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "choose a file in it",
    errno.EMFILE: "close other programs and try again",
    errno.ENFILE: "close other programs and try again",
}
NULL_CHARACTER = "its name holds a null character, which no file name can"


def reason_of(trouble: BaseException) -> str:
    """Return the reason in a few words, without the path that the sentence around it names; never empty."""
    if isinstance(trouble, OSError):
        known = _REASONS.get(trouble.errno or 0)
        reason = known or trouble.strerror or str(trouble)
    else:
        reason = NULL_CHARACTER if _is_null_character(trouble) else str(trouble)
    return " ".join(reason.split()).rstrip(".") or type(trouble).__name__


def sentence_on(trouble: BaseException) -> str | None:
    """Return what to say of a file that the system refused; None for troubles that are not about a file.

    Any question to the system may raise, whether a file is there or may be read, so that the doors of the program
    (command line, batch, window) answer for all of them.
    """
    if _is_null_character(trouble):
        return "A path holds a null character, which no file name can; check the path."
    if not isinstance(trouble, OSError):
        return None
    if trouble.filename is None:
        if trouble.errno in (errno.ENOSPC, errno.EDQUOT):
            return "The disk is full; make room."
        # What reading and writing an open file raises has no name with it.
        is_disk = trouble.errno in (errno.EIO, errno.ESTALE, errno.EROFS)
        return f"A file cannot be used ({reason_of(trouble)}); check the disk it is on." if is_disk else None
    name = trouble.filename.decode("utf-8", "replace") if isinstance(trouble.filename, bytes) else trouble.filename
    if trouble.errno == errno.ENAMETOOLONG:
        return f"{name} is too long for a file name; choose a shorter one."
    if trouble.errno == errno.ELOOP:
        return f"{name} is a link that leads to itself; choose the file that is meant."
    remedy = _REMEDIES.get(trouble.errno or 0, "check the disk it is on")
    return f"{name} cannot be used ({reason_of(trouble)}); {remedy}."


def _is_null_character(trouble: BaseException) -> bool:
    return isinstance(trouble, ValueError) and str(trouble).startswith("embedded null")
