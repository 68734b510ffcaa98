"""Thin, linked pictures of a ViewState.

All views take the one Viewport of the window; `show_state(state)` is the only way in, signals the only way out.
"""
