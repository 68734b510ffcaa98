"""The stages of a request, from the canvas to the labels."""
