"""The registry of export formats: what the modules list, in the order of their positions."""

from __future__ import annotations

import importlib
import pkgutil

from dcsm_viewer.export import FOLDER_FORMATS, FORMATS, formats
from dcsm_viewer.export.export_format import Format


def test_that_every_format_that_a_module_lists_is_found_under_a_name_of_its_own() -> None:
    modules = [
        importlib.import_module(f"{formats.__name__}.{each.name}") for each in pkgutil.iter_modules(formats.__path__)
    ]
    listed = [each for module in modules for each in module.FORMATS if isinstance(each, Format)]
    assert sorted(FORMATS) == sorted(each.name for each in listed)
    assert len({each.position for each in listed}) == len(listed)


def test_that_formats_come_in_the_order_of_their_positions_with_labels_first() -> None:
    positions = [each.position for each in FORMATS.values()]
    assert positions == sorted(positions)
    assert next(iter(FORMATS)) == "voc"


def test_that_every_file_of_a_whole_folder_belongs_to_a_format() -> None:
    assert set(FOLDER_FORMATS) <= set(FORMATS)
