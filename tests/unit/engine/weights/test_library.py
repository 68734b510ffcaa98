from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from types import ModuleType, SimpleNamespace

import pytest
import torch

from dcsm_viewer.core.types import UserError
from dcsm_viewer.engine.networks.class_head import imagenet_names
from dcsm_viewer.engine.networks.input_spec import CAFFE, TORCHVISION
from dcsm_viewer.engine.weights import library, torchvision_weights
from dcsm_viewer.engine.weights.digest import sha256_of
from dcsm_viewer.engine.weights.formats.safetensors_file import write_safetensors
from dcsm_viewer.engine.weights.input_spec_names import input_spec_named
from dcsm_viewer.engine.weights.packaged import LITE0
from dcsm_viewer.engine.weights.read import read_weights
from dcsm_viewer.engine.weights.weights_file import WeightsFile
from tests.samples import SHIPPED_MODELS
from tests.unit.engine.weights.caffe_writer import caffe_model
from tests.unit.engine.weights.vgg import as_torchvision, random_vgg


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def caffe_file(tmp_path: Path) -> Path:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(caffe_model(random_vgg()).SerializeToString())
    return path


def test_that_an_imported_model_is_listed_found_and_loaded(caffe_file: Path, models: Path) -> None:
    entry = library.import_weights(caffe_file, "mine", title="My net", licence="CC0", folder=models)

    assert library.info("mine", models) == entry
    assert [model.name for model in library.list_models(models)] == [*SHIPPED_MODELS, "mine"]
    assert entry.sha256 == sha256_of(library.find("mine", models))
    loaded = library.load("mine", models)
    assert (loaded.digest, loaded.convention, loaded.ceil_mode, loaded.licence) == (entry.sha256, CAFFE, True, "CC0")
    for name, tensor in random_vgg().items():
        torch.testing.assert_close(loaded.tensors[name], tensor, rtol=0, atol=0)


def test_that_the_source_keeps_the_digest_of_the_original(caffe_file: Path, models: Path) -> None:
    entry = library.import_weights(caffe_file, "mine", folder=models)

    assert sha256_of(caffe_file) in entry.source


def test_that_importing_twice_gives_the_same_bytes(caffe_file: Path, tmp_path: Path) -> None:
    entries = [library.import_weights(caffe_file, "mine", folder=tmp_path / name) for name in ("a", "b")]

    assert entries[0].sha256 == entries[1].sha256


def test_that_a_taken_name_is_refused_until_it_is_to_be_replaced(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)

    with pytest.raises(UserError, match="There is a model named 'mine' already"):
        library.import_weights(caffe_file, "mine", folder=models)

    assert library.import_weights(caffe_file, "mine", title="new", replace_existing=True, folder=models).title == "new"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "A", ".hidden", "x" * 65, "a b", "efficientnet-lite0"])
def test_that_a_bad_name_is_refused(name: str, caffe_file: Path, models: Path) -> None:
    with pytest.raises(UserError, match="name"):
        library.import_weights(caffe_file, name, folder=models)

    assert not models.exists()


def test_that_a_folder_that_cannot_be_made_gives_a_sentence(caffe_file: Path, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where the folder should be")

    with pytest.raises(UserError, match="cannot be written"):
        library.import_weights(caffe_file, "mine", folder=tmp_path / "blocked" / "models")
    names = [model.name for model in library.list_models(tmp_path / "blocked" / "models")]
    assert names == SHIPPED_MODELS


def test_that_a_failed_write_leaves_the_old_model_and_no_draft(
    caffe_file: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = library.import_weights(caffe_file, "mine", folder=models)

    def full_disk(path: Path, _weights: WeightsFile) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(library, "write_safetensors", full_disk)
    with pytest.raises(UserError, match="The disk is full"):
        library.import_weights(caffe_file, "mine", replace_existing=True, folder=models)

    assert library.load("mine", models).digest == before.sha256
    assert sorted(path.name for path in models.iterdir()) == ["mine.json", "mine.safetensors"]


def test_that_a_model_changed_behind_its_entry_is_refused(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)
    other = WeightsFile("vgg16", random_vgg(seed=1), ("a", "b", "c"), CAFFE, True, "", "another")
    write_safetensors(library.find("mine", models), other)

    with pytest.raises(UserError, match="has changed since it was imported"):
        library.load("mine", models)


def test_that_a_damaged_entry_is_left_out_of_the_list_and_explained_when_asked(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)
    (models / "mine.json").write_text('{"name": 3}')

    assert [model.name for model in library.list_models(models)] == SHIPPED_MODELS
    with pytest.raises(UserError, match=r"mine.json is damaged \(name"):
        library.info("mine", models)


def test_that_an_unknown_name_is_answered_with_the_known_ones(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)

    for ask in (library.info, library.find, library.load):
        with pytest.raises(UserError, match=f"no model 'yours'; there are: {', '.join(SHIPPED_MODELS)}, mine"):
            ask("yours", models)


def test_that_a_path_can_be_loaded_without_importing(caffe_file: Path, models: Path) -> None:
    assert library.load(caffe_file, models).digest == sha256_of(caffe_file)


def test_that_a_removed_model_is_gone_and_the_packaged_one_stays(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)

    library.remove("mine", models)

    assert list(models.iterdir()) == []
    with pytest.raises(UserError, match="cannot be removed"):
        library.remove("efficientnet-lite0", models)


def test_that_the_folder_can_be_chosen_by_an_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(library.FOLDER_VARIABLE, str(tmp_path / "elsewhere"))

    assert library.model_folder() == tmp_path / "elsewhere"


def test_that_names_and_recipe_survive_in_safetensors(tmp_path: Path) -> None:
    names, recipe = ("007", "1e3", "été"), {"epochs": 3, "data": ["a", "b"]}
    weights = WeightsFile("vgg16", random_vgg(), names, CAFFE, False, "", "us", ("a note",), "MIT", recipe)

    write_safetensors(tmp_path / "net.safetensors", weights)

    read = read_weights(tmp_path / "net.safetensors")
    assert (read.class_names, read.recipe, read.ceil_mode, read.licence) == (names, recipe, False, "MIT")
    assert (read.source, read.notes, read.convention) == ("us", ("a note",), CAFFE)


def fake_torchvision(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    weights = SimpleNamespace(IMAGENET1K_V1=SimpleNamespace(url=address, meta={"_file_size": 0.01}))
    module = ModuleType("torchvision.models")
    monkeypatch.setattr(module, "VGG16_Weights", weights, raising=False)
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", module)


def test_that_the_published_vgg16_is_fetched_checked_and_imported(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = tmp_path / "draft.pth"
    torch.save(as_torchvision(random_vgg(1000)), draft)
    offered = draft.rename(tmp_path / f"vgg16-{sha256_of(draft)[:8]}.pth")
    fake_torchvision(monkeypatch, offered.as_uri())
    heard: list[tuple[int, int]] = []

    entry = torchvision_weights.fetch_torchvision_vgg16(lambda done, total: heard.append((done, total)), folder=models)

    assert (entry.name, entry.class_names, entry.convention) == (
        torchvision_weights.NAME,
        imagenet_names(),
        str(TORCHVISION),
    )
    assert heard[-1][0] == heard[-1][1] > 0
    assert sorted(path.name for path in models.iterdir()) == ["vgg16-imagenet.json", "vgg16-imagenet.safetensors"]


def test_that_a_download_with_another_digest_is_refused_and_leaves_nothing(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(as_torchvision(random_vgg()), tmp_path / "vgg16-00000000.pth")
    fake_torchvision(monkeypatch, (tmp_path / "vgg16-00000000.pth").as_uri())

    with pytest.raises(UserError, match="wrong digest"):
        torchvision_weights.fetch_torchvision_vgg16(folder=models)

    assert list(models.iterdir()) == []


def test_that_no_network_is_one_sentence(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchvision(monkeypatch, "http://127.0.0.1:1/vgg16-397923af.pth")

    with pytest.raises(UserError, match=r"could not be downloaded .*; connect to the internet"):
        torchvision_weights.fetch_torchvision_vgg16(folder=models)


def test_that_an_unusable_torchvision_is_one_sentence(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)

    with pytest.raises(UserError, match="torchvision cannot be imported here"):
        torchvision_weights.fetch_torchvision_vgg16(folder=models)


def test_that_a_download_without_room_for_it_is_not_begun(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchvision(monkeypatch, "http://127.0.0.1:1/vgg16-397923af.pth")
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: SimpleNamespace(free=1000))

    with pytest.raises(UserError, match="has 0 MB free; VGG-16 needs"):
        torchvision_weights.fetch_torchvision_vgg16(folder=models)


def test_that_a_download_into_a_blocked_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torchvision(monkeypatch, "http://127.0.0.1:1/vgg16-397923af.pth")
    (tmp_path / "blocked").write_text("a file where the folder should be")

    with pytest.raises(UserError, match="cannot be written"):
        torchvision_weights.fetch_torchvision_vgg16(folder=tmp_path / "blocked")


def test_that_progress_is_told_while_the_file_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision_weights, "_LOOK_EVERY_S", 0.001)
    told, heard = Event(), list[tuple[int, int]]()

    def progress(done: int, total: int) -> None:
        heard.append((done, total))
        if done == 5:
            told.set()

    with torchvision_weights._watched(tmp_path, 10, progress):
        (tmp_path / "net.pth.partial").write_bytes(b"12345")
        assert told.wait(5)

    assert heard[-1] == (10, 10)


def test_that_the_folder_is_the_users_data_folder_unless_chosen(own_home: Path) -> None:
    assert own_home in library.model_folder().parents


def test_that_the_packaged_network_is_found_by_name(models: Path) -> None:
    assert library.find("efficientnet-lite0", models) == LITE0.file()
    assert library.info("efficientnet-lite0", models).packaged
    assert library.load("efficientnet-lite0", models).class_names == imagenet_names()


def test_that_lost_weights_are_said_to_be_lost(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)
    library.find("mine", models).unlink()

    with pytest.raises(UserError, match="weights of the model 'mine' are gone"):
        library.find("mine", models)
    assert [model.name for model in library.list_models(models)] == SHIPPED_MODELS


def test_that_an_entry_under_another_name_is_explained(caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)
    (models / "mine.json").rename(models / "yours.json")

    with pytest.raises(UserError, match="describes a model named 'mine'"):
        library.info("yours", models)


def test_that_removing_an_unknown_model_names_the_known_ones(models: Path) -> None:
    with pytest.raises(UserError, match="There is no model 'none'"):
        library.remove("none", models)


def test_that_matlab_73_without_h5py_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "net.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(512))
    monkeypatch.setitem(sys.modules, "h5py", None)

    with pytest.raises(UserError, match="pip install h5py"):
        read_weights(tmp_path / "net.mat")


def test_that_conventions_have_names_and_wrong_names_an_answer() -> None:
    assert input_spec_named("torchvision") == TORCHVISION
    with pytest.raises(UserError, match="choose one of caffe, caffe-rgb, dcsm-m"):
        input_spec_named("opencv")


def test_that_a_taken_name_is_refused_before_the_download(
    caffe_file: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.import_weights(caffe_file, torchvision_weights.NAME, folder=models)
    fake_torchvision(monkeypatch, "http://127.0.0.1:1/vgg16-397923af.pth")

    with pytest.raises(UserError, match="There is a model named 'vgg16-imagenet' already"):
        torchvision_weights.fetch_torchvision_vgg16(folder=models)


def test_that_a_download_nobody_wants_any_more_leaves_nothing(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(as_torchvision(random_vgg()), tmp_path / "vgg16-00000000.pth")
    fake_torchvision(monkeypatch, (tmp_path / "vgg16-00000000.pth").as_uri())
    bar = torch.hub.tqdm  # type: ignore[attr-defined] # imported there, not declared

    with pytest.raises(torchvision_weights.CancelledError):
        torchvision_weights.fetch_torchvision_vgg16(folder=models, still_wanted=lambda: False)

    assert list(models.iterdir()) == []
    assert torch.hub.tqdm is bar  # type: ignore[attr-defined] # as above


def test_that_weights_of_the_users_in_the_folder_stay(caffe_file: Path, models: Path) -> None:
    models.mkdir(parents=True, exist_ok=True)
    (models / "mine.safetensors").write_bytes(b"of another program")
    with pytest.raises(UserError, match="holds no weights that this program wrote, so it stays"):
        library.import_weights(caffe_file, "mine", replace_existing=True, folder=models)
    assert (models / "mine.safetensors").read_bytes() == b"of another program"


@pytest.mark.parametrize("beside_weights_of_ours", [False, True])
def test_that_a_json_file_of_the_users_in_the_folder_stays(
    beside_weights_of_ours: bool, caffe_file: Path, models: Path
) -> None:
    if beside_weights_of_ours:
        library.import_weights(caffe_file, "mine", folder=models)
    models.mkdir(parents=True, exist_ok=True)
    (models / "mine.json").write_text('{"notes": "of my own"}')

    with pytest.raises(UserError, match=r"mine\.json is there already and describes no model .+, so it stays; "):
        library.import_weights(caffe_file, "mine", replace_existing=True, folder=models)
    with pytest.raises(UserError, match=r"mine\.json is there already and describes no model .+, so it stays; "):
        library.remove("mine", models)

    assert (models / "mine.json").read_text() == '{"notes": "of my own"}'
    assert (models / "mine.safetensors").exists() == beside_weights_of_ours


@pytest.mark.parametrize(
    "damaged", [b"", b'{"name": "mine", "sha', b'{"name": "mine", "architecture": 3, "sha256": ""}']
)
def test_that_a_damaged_entry_of_ours_can_be_replaced(damaged: bytes, caffe_file: Path, models: Path) -> None:
    library.import_weights(caffe_file, "mine", folder=models)
    (models / "mine.json").write_bytes(damaged)

    library.import_weights(caffe_file, "mine", replace_existing=True, folder=models)

    assert library.info("mine", models).name == "mine"
