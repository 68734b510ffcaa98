"""Labelled images from the layouts people have them in; read with Pillow, no torch and no Qt."""

from dcsm_viewer.io.datasets.class_folders import folder_dataset
from dcsm_viewer.io.datasets.image_labels import LabelResult, labels_of_images
from dcsm_viewer.io.datasets.label_table import csv_dataset
from dcsm_viewer.io.datasets.labelled_image import VOC_CLASSES, Dataset, Example
from dcsm_viewer.io.datasets.voc import voc_dataset

__all__ = [
    "VOC_CLASSES",
    "Dataset",
    "Example",
    "LabelResult",
    "csv_dataset",
    "folder_dataset",
    "labels_of_images",
    "voc_dataset",
]
