"""How a model's classes and a data set's go together: by name, however its Unicode is composed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.datasets.image_names import composed


@dataclass(frozen=True, slots=True)
class ClassMatching:
    """numbers: per class id of the model its label in the masks, 0 where the data set has no such class."""

    class_names: tuple[str, ...]
    model_names: tuple[str, ...]
    numbers: tuple[int, ...]

    @classmethod
    def of(cls, class_names: tuple[str, ...], model_names: tuple[str, ...]) -> ClassMatching:
        """Raises UserError where not one class is called the same."""
        labels = {composed(name): label for label, name in enumerate(class_names, 1)}
        numbers = tuple(labels.get(composed(name), 0) for name in model_names)
        if not any(numbers):
            raise UserError(
                f"The model and the data set have no class in common: {', '.join(model_names[:3])}, ... against "
                f"{', '.join(class_names[:3])}, ...; choose another model or vocabulary."
            )
        return cls(class_names, model_names, numbers)

    @property
    def strange_ids(self) -> tuple[int, ...]:
        """Class ids of the model that the data set has no label for."""
        return tuple(class_id for class_id, number in enumerate(self.numbers) if number == 0)

    @property
    def unknown_names(self) -> tuple[str, ...]:
        """Classes of the data set that the model does not have."""
        return tuple(name for label, name in enumerate(self.class_names, 1) if label not in self.numbers)

    def ids_of(self, names: Sequence[str]) -> tuple[int, ...]:
        """Class ids of the model for these names, ascending, where it has them."""
        labels = {self.class_names.index(name) + 1 for name in names if name in self.class_names}
        return tuple(class_id for class_id, number in enumerate(self.numbers) if number in labels)
