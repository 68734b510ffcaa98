"""The state of the window as frozen values, and the store that holds it."""
