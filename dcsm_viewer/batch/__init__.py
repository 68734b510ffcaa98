"""Run the engine over many images without a window, and replay recipes."""
