"""A whole export: all files or none, the same bytes every time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dcsm_viewer.core.types import Result, UserError
from dcsm_viewer.export import FORMATS, Report, export_result, export_with_reports, read_recipe
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.io.images import read_image
from tests.unit.export.subjects import of_image, small_result

ALL = tuple(FORMATS)


def _files(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_that_every_format_asked_for_is_written_and_last_the_recipe(tmp_path: Path) -> None:
    paths = export_result(small_result(), tmp_path / "out", "dog", ["voc", "npz", "png"])
    assert [path.name for path in paths] == ["dog.png", "dog.npz", "dog.overlay.png", "dog.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in paths)


@pytest.mark.parametrize("name", ALL)
def test_that_each_format_alone_is_written_read_back_and_named_in_the_recipe(tmp_path: Path, name: str) -> None:
    export = export_with_reports(small_result(), tmp_path, "dog", [name])
    files = FORMATS[name].files
    assert len(export.paths) == len(files) + 1
    recorded = read_recipe(export.paths[-1]).outputs
    for file, path, (reported, report), output in zip(files, export.paths[:-1], export.reports, recorded, strict=True):
        assert file.verify(path, small_result()).ok
        assert (reported, report.ok) == (name, True)
        assert (tmp_path / output.path, output.format, output.checks) == (path, name, report.sentences)
        assert output.checks


def test_that_the_recipe_holds_the_digest_of_every_file(tmp_path: Path) -> None:
    paths = export_result(small_result(), tmp_path, "dog", ALL)
    digests = _files(tmp_path)
    recipe = read_recipe(paths[-1])
    assert {output.path: output.sha256 for output in recipe.outputs} == {
        name: digest for name, digest in digests.items() if name != "dog.json"
    }


def test_that_exporting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    export_result(small_result(), tmp_path, "dog", ALL, stages=True)
    first = _files(tmp_path)
    export_result(small_result(), tmp_path, "dog", ALL, stages=True)
    assert _files(tmp_path) == first


def test_that_stages_go_into_the_npz_and_the_recipe(tmp_path: Path) -> None:
    paths = export_result(small_result(), tmp_path, "dog", ["npz"], stages=True)
    with np.load(paths[0], allow_pickle=False) as archive:
        assert "raw/64/blocks.2" in archive.files
    assert read_recipe(paths[-1]).stages


def test_that_a_format_asked_for_twice_is_written_once(tmp_path: Path) -> None:
    assert len(export_result(small_result(), tmp_path, "dog", ["voc", "voc"])) == 2


def test_that_a_failure_in_the_last_format_leaves_all_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_result(small_result(), tmp_path, "dog", ["voc", "png"])
    before = _files(tmp_path)

    def fail(_result: Result, path: Path) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setitem(
        FORMATS, "png", Format("png", "", "{stem}.overlay.png", fail, FORMATS["png"].verify, position=1)
    )
    with pytest.raises(KeyboardInterrupt):
        export_result(small_result(detected=1), tmp_path, "dog", ["voc", "png"])
    assert _files(tmp_path) == before
    assert {path.name for path in tmp_path.iterdir()} == before.keys()


def test_that_a_file_that_does_not_read_back_is_not_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubt(_path: Path, _result: Result) -> Report:
        return Report(ok=False, sentences=("2 pixels have another label.",))

    monkeypatch.setitem(FORMATS, "voc", Format("voc", "", "{stem}.png", FORMATS["voc"].write, doubt, position=1))
    with pytest.raises(UserError, match=r"its voc file did not read back \(2 pixels have another label\.\)"):
        export_result(small_result(), tmp_path, "dog", ["voc"])
    assert list(tmp_path.iterdir()) == []


def test_that_the_source_image_is_never_overwritten(tmp_path: Path) -> None:
    Image.fromarray(small_result().request.image.rgb).save(tmp_path / "dog.png")
    before = _files(tmp_path)
    result = of_image(small_result(), read_image(tmp_path / "dog.png"))
    with pytest.raises(UserError, match=r"dog\.png is the image itself and would be lost; export to another folder"):
        export_result(result, tmp_path, "dog", ["voc"])
    assert _files(tmp_path) == before


@pytest.mark.parametrize(
    ("formats", "words"),
    [(["tiff"], "no export format 'tiff'; choose from voc, npz, png"), ([], "No export format was chosen")],
)
def test_that_unknown_formats_and_none_are_refused(tmp_path: Path, formats: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        export_result(small_result(), tmp_path, "dog", formats)


@pytest.mark.parametrize("stem", ["", ".", "..", "../dog", "a/b", "a\0b"])
def test_that_a_stem_that_leads_elsewhere_is_refused(tmp_path: Path, stem: str) -> None:
    with pytest.raises(UserError, match="is no file name; choose one without a path"):
        export_result(small_result(), tmp_path / "out", stem, ["voc"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stem", ["köln 12:30", "a{b}", "7", ".hidden", "{stem}"])
def test_that_odd_names_are_kept(tmp_path: Path, stem: str) -> None:
    if os.name == "nt" and ":" in stem:
        stem = stem.replace(":", "-")
    assert [path.name for path in export_result(small_result(), tmp_path, stem, ["voc"])] == [
        f"{stem}.png",
        f"{stem}.json",
    ]


def test_that_a_missing_parent_and_a_file_for_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is not there, so dog\.png cannot be written; choose another folder"):
        export_result(small_result(), tmp_path / "gone" / "out", "dog", ["voc"])
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is no folder"):
        export_result(small_result(), tmp_path / "file", "dog", ["voc"])
