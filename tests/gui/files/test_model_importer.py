"""Importing and fetching models from the window: off its thread, in sentences, listed at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from dcsm_viewer.core.types import EngineReady, UserError
from dcsm_viewer.engine.weights.input_spec_names import INPUT_SPECS
from dcsm_viewer.gui.files.fetch_dialog import FetchDialog
from dcsm_viewer.gui.files.import_dialog import ImportDialog, suggested_name
from dcsm_viewer.gui.files.model_importer import ModelImporter
from dcsm_viewer.gui.panels.engine_bar import models
from dcsm_viewer.gui.state.store import Store
from dcsm_viewer.worker.model_work import INPUT_SPEC_TITLES, ImportResult
from tests.results import make_image, make_model_card
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg

MINE = replace(make_model_card(), name="mine", title="My own")


@pytest.fixture
def store() -> Store:
    store = Store()
    store.change(engine=EngineReady("cpu", "float32", "", (make_model_card(),)))
    return store


@pytest.fixture
def library(store: Store, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelImporter]:
    monkeypatch.setenv("DCSM_VIEWER_MODELS", str(own_home / "models"))
    model_importer = ModelImporter(store)
    yield model_importer
    model_importer.stop()


def write_weights(path: Path) -> Path:
    import torch

    torch.save(as_torchvision(random_vgg()), path)
    return path


def test_that_an_imported_model_is_listed_and_in_use(
    library: ModelImporter, store: Store, tmp_path: Path, qtbot: QtBot
) -> None:
    window = ImportDialog(library)
    qtbot.addWidget(window)
    classes = tmp_path / "classes.txt"
    classes.write_text("ant\nbee\ncat\n")
    window.path.setText(str(write_weights(tmp_path / "My Net.pth")))
    assert window.name.text() == "my-net"
    window.title.setText("My network")
    window.classes.setText(str(classes))
    window.convention.setCurrentIndex(window.convention.findData("caffe"))
    with qtbot.waitSignal(library.arrived):
        window.do_import.click()
        assert not window.do_import.isEnabled()
    assert dict(models(store.state))["my-net"] == "My network"
    assert store.state.settings.model == "my-net"
    card = next(card for card in store.state.engine.models if card.name == "my-net")  # type: ignore[union-attr]  # it is ready
    assert card.class_names == ("ant", "bee", "cat")
    assert card.input_convention == str(INPUT_SPECS["caffe"])
    assert window.words.startswith("The model 'my-net' is there and in use.")
    assert window.do_import.isEnabled()


def test_that_a_broken_file_is_one_sentence_in_the_form(
    library: ModelImporter, store: Store, tmp_path: Path, qtbot: QtBot
) -> None:
    window = ImportDialog(library)
    qtbot.addWidget(window)
    (tmp_path / "net.mat").write_bytes(b"")
    before = store.state
    window.path.setText(str(tmp_path / "net.mat"))
    with qtbot.waitSignal(library.ended):
        window.do_import.click()
    assert "net.mat is empty" in window.words
    assert store.state == before


def test_that_a_download_tells_how_far_it_is_and_can_be_cancelled(store: Store, qtbot: QtBot) -> None:
    def endless(progress: Callable[[int, int], None], still_wanted: Callable[[], bool]) -> ImportResult | None:
        progress(3 << 30, 4 << 30)
        wait = Event()
        while still_wanted():
            wait.wait(0.005)
        return None

    model_importer = ModelImporter(store, fetcher=endless)
    window = FetchDialog(model_importer)
    qtbot.addWidget(window)
    assert not window.cancel.isEnabled()
    with qtbot.waitSignal(model_importer.fetched):
        window.begin.click()
    assert (window.bar.value(), window.bar.maximum()) == (3072, 4096)
    assert not window.begin.isEnabled()
    with qtbot.waitSignal(model_importer.ended):
        window.cancel.click()
    qtbot.waitUntil(lambda: window.words == "Cancelled. Nothing was kept.")
    assert window.begin.isEnabled()
    assert models(store.state) == (("lite0-voc", "EfficientNet-Lite0"),)
    model_importer.stop()


def test_that_a_fetch_without_a_network_is_one_sentence(store: Store, qtbot: QtBot) -> None:
    def unplugged(_progress: object, _still_wanted: object) -> ImportResult | None:
        raise UserError("VGG-16 could not be downloaded (no route); connect to the internet.")

    model_importer = ModelImporter(store, fetcher=unplugged)
    window = FetchDialog(model_importer)
    qtbot.addWidget(window)
    with qtbot.waitSignal(model_importer.ended):
        window.begin.click()
    qtbot.waitUntil(lambda: "connect to the internet" in window.words)
    assert window.begin.isEnabled()
    model_importer.stop()


def test_that_a_fetched_model_is_listed(store: Store, qtbot: QtBot) -> None:
    model_importer = ModelImporter(
        store, fetcher=lambda _progress, _wanted: ImportResult("mine", (), (make_model_card(), MINE))
    )
    with qtbot.waitSignal(model_importer.arrived):
        model_importer.fetch()
    assert models(store.state)[1] == ("mine", "My own")
    assert store.state.settings.model == "mine"
    model_importer.stop()


def test_that_every_convention_of_the_engine_has_a_title() -> None:
    assert set(INPUT_SPEC_TITLES) - {""} == set(INPUT_SPECS)


@pytest.mark.parametrize(
    ("path", "name"), [("/a/VGG 16 (mine).caffemodel", "vgg-16-mine"), ("net.pth", "net"), ("", ""), ("_.mat", "")]
)
def test_that_a_name_is_suggested_from_the_file(path: str, name: str) -> None:
    assert suggested_name(path) == name


def test_that_a_preview_says_what_the_file_is_and_scores_the_open_image_under_both_heads(
    library: ModelImporter, store: Store, tmp_path: Path, qtbot: QtBot
) -> None:
    import torch

    from dcsm_viewer.engine.weights.architectures.module_building import torchvision_module

    torch.manual_seed(0)
    torch.save(torchvision_module("resnet18", 3).state_dict(), tmp_path / "best.pth")
    (tmp_path / "names.txt").write_text("cat\ndog\nbicycle\n")
    store.change(image=make_image())
    window, other = ImportDialog(library), FetchDialog(library)
    for each in (window, other):
        qtbot.addWidget(each)
    before, fetch_words = store.state, other.words
    window.path.setText(str(tmp_path / "best.pth"))
    window.classes.setText(str(tmp_path / "names.txt"))
    with qtbot.waitSignal(library.ended):
        window.preview.click()
        assert not window.preview.isEnabled()
    qtbot.waitUntil(lambda: "sigmoid: " in window.words)
    assert "This is torchvision's resnet18 with 3 outputs." in window.words
    assert "Layers: layer2, layer3, layer4." in window.words
    assert all(f"{name} 0." in window.words for name in ("cat", "dog", "bicycle"))
    assert store.state == before
    assert not (tmp_path / "models").exists()
    assert other.words == fetch_words


def test_that_head_mean_and_layers_of_the_form_are_kept_with_the_model(
    library: ModelImporter, store: Store, tmp_path: Path, qtbot: QtBot
) -> None:
    import torch

    from dcsm_viewer.engine.weights.architectures.module_building import torchvision_module

    torch.manual_seed(0)
    torch.save(torchvision_module("resnet18", 3).state_dict(), tmp_path / "best.pth")
    window = ImportDialog(library)
    qtbot.addWidget(window)
    window.path.setText(str(tmp_path / "best.pth"))
    window.head.setCurrentIndex(window.head.findData("sigmoid"))
    window.mean.setText("0.5,0.5,0.5")
    window.std.setText("0.25,0.25,0.25")
    window.layers.setText("layer[34]")
    with qtbot.waitSignal(library.arrived):
        window.do_import.click()
    assert store.state.engine is not None
    card = next(card for card in store.state.engine.models if card.name == "best")
    assert (card.head, card.layer_names) == ("sigmoid", ("layer3", "layer4"))
    assert card.input_convention.startswith("RGB 0..255, minus (127.5")
    assert card.layers


def test_that_a_failure_is_said_in_the_window_that_began_the_task(
    library: ModelImporter, tmp_path: Path, qtbot: QtBot
) -> None:
    window, other = ImportDialog(library), FetchDialog(library)
    for each in (window, other):
        qtbot.addWidget(each)
    fetch_words = other.words
    (tmp_path / "net.mat").write_bytes(b"")
    window.path.setText(str(tmp_path / "net.mat"))
    with qtbot.waitSignal(library.ended):
        window.do_import.click()
    qtbot.waitUntil(lambda: "net.mat is empty" in window.words)
    assert other.words == fetch_words
