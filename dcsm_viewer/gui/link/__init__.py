"""Connect the window to the engine's thread and to background tasks."""
