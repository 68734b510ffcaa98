"""Multi-label fine-tuning from image-level labels: a trainable twin of each of the engine's networks, and its loop."""
