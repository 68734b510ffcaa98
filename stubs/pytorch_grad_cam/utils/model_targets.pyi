from collections.abc import Sequence

class ClassifierOutputTarget:
    def __init__(self, category: int) -> None: ...

class FinerWeightedTarget:
    def __init__(self, main_category: int, comparison_categories: Sequence[int], alpha: float) -> None: ...
