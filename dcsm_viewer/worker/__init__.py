"""The engine's thread, and what is computed beside it; standard library only."""
