"""The Python API: dcsm_viewer.load_model, wrap, explain, show (docs/api.md)."""
