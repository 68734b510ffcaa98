"""Trainable forms of the engine's networks."""
