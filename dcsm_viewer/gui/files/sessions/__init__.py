"""Save, load and recover sessions."""
