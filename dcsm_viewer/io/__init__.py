"""Read images, masks, labels and JSON files; write files whole."""
