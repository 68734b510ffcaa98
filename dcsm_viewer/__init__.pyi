# What `import dcsm_viewer as dv` gives; __init__.py imports each when it is first asked for.
from dcsm_viewer.api.explain import explain as explain
from dcsm_viewer.api.explanation import Explanation as Explanation
from dcsm_viewer.api.model import Model as Model
from dcsm_viewer.api.model import load_model as load_model
from dcsm_viewer.api.model import wrap as wrap
from dcsm_viewer.api.open_window import WindowHandle as WindowHandle
from dcsm_viewer.api.open_window import show as show
from dcsm_viewer.core.types import UserError as UserError
from dcsm_viewer.engine import crf as crf

__all__ = ["Explanation", "Model", "UserError", "WindowHandle", "crf", "explain", "load_model", "show", "wrap"]
