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


def reason_of(error: BaseException) -> str:
    """Return the reason in a few words, without the path that the sentence around it names; never empty."""
    if isinstance(error, OSError):
        known = _REASONS.get(error.errno or 0)
        reason = known or error.strerror or str(error)
    else:
        reason = NULL_CHARACTER if _is_null_character(error) else str(error)
    return " ".join(reason.split()).rstrip(".") or type(error).__name__


def sentence_on(error: BaseException) -> str | None:
    """Return what to say of a file that the system refused; None for errors that are not about a file.

    Any question to the system may raise, whether a file is there or may be read, so that the readers of the program
    (command line, batch, window) answer for all of them.
    """
    if _is_null_character(error):
        return "A path holds a null character, which no file name can; check the path."
    if not isinstance(error, OSError):
        return None
    if error.filename is None:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "The disk is full; make room."
        # What reading and writing an open file raises has no name with it.
        is_disk = error.errno in (errno.EIO, errno.ESTALE, errno.EROFS)
        return f"A file cannot be used ({reason_of(error)}); check the disk it is on." if is_disk else None
    name = error.filename.decode("utf-8", "replace") if isinstance(error.filename, bytes) else error.filename
    if error.errno == errno.ENAMETOOLONG:
        return f"{name} is too long for a file name; choose a shorter one."
    if error.errno == errno.ELOOP:
        return f"{name} is a link that leads to itself; choose the file that is meant."
    remedy = _REMEDIES.get(error.errno or 0, "check the disk it is on")
    return f"{name} cannot be used ({reason_of(error)}); {remedy}."


def _is_null_character(error: BaseException) -> bool:
    return isinstance(error, ValueError) and str(error).startswith("embedded null")
