"""Results become files, without Qt and without torch: one module a format, each with write() and verify()."""

from __future__ import annotations

from dcsm_viewer.export.bundle import Export, export_result, export_with_reports
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.file_names import stems_for
from dcsm_viewer.export.folder_files import refused_gatherings, write_folder_files
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.format_registry import FOLDER_FORMATS, FORMATS
from dcsm_viewer.export.leftovers import clear_leftovers
from dcsm_viewer.export.recipe import Recipe, read_recipe
from dcsm_viewer.export.report import Report
from dcsm_viewer.io.atomic import atomic_write

__all__ = [
    "FOLDER_FORMATS",
    "FORMATS",
    "Export",
    "FolderImage",
    "Format",
    "Recipe",
    "Report",
    "atomic_write",
    "clear_leftovers",
    "export_result",
    "export_with_reports",
    "read_recipe",
    "refused_gatherings",
    "stems_for",
    "write_folder_files",
]
