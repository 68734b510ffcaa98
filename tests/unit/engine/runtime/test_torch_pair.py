"""torch and torchvision: the installed pair works, one that does not is told with the remedy."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError
from types import ModuleType

import pytest
import torch
import torchvision.ops  # type: ignore[import-untyped] # ships no type information

from dcsm_viewer.engine.machine_report import engine_facts
from dcsm_viewer.engine.runtime.torch_pair import pair_trouble
from dcsm_viewer.engine.weights.torchvision_weights import _published

REMEDY = r"install the torchvision that belongs to this PyTorch, 0\.\d+, from the index"


def test_that_the_installed_pair_fits() -> None:
    assert pair_trouble() is None


def test_that_an_import_that_fails_names_both_versions_and_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setitem(sys.modules, "torchvision.ops", Broken("torchvision.ops"))
    error = pair_trouble() or ""
    assert error.startswith(f"torchvision {torchvision.__version__.partition('+')[0]}")
    assert f"does not fit torch {torch.__version__} (operator torchvision::nms does not exist): " in error
    assert re.search(REMEDY, error)
    assert engine_facts()["torchvision"] == error


def test_that_an_operator_that_is_missing_only_when_called_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def nms(*_args: object) -> None:
        raise AttributeError("'_OpNamespace' 'torchvision' object has no attribute 'nms'")

    monkeypatch.setattr(torchvision.ops, "nms", nms)
    assert "has no attribute 'nms'" in (pair_trouble() or "")


def test_that_a_missing_torchvision_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setitem(sys.modules, "torchvision.ops", None)
    monkeypatch.delattr(torchvision, "ops")
    monkeypatch.setattr("dcsm_viewer.engine.runtime.torch_pair.version", version)
    assert (pair_trouble() or "").startswith("torchvision is not installed: install the torchvision")


def test_that_the_remedy_names_the_version_of_this_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def nms(*_args: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torchvision.ops, "nms", nms)
    monkeypatch.setattr(torch, "__version__", "2.6.0+cu124")
    assert "belongs to this PyTorch, 0.21," in (pair_trouble() or "")


def test_that_torchvision_tells_where_the_published_weights_lie() -> None:
    address, size_bytes = _published()
    assert address.endswith("/vgg16-397923af.pth")
    assert size_bytes == pytest.approx(528 * 2**20, rel=0.01)
