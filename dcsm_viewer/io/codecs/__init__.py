"""Codes of masks that several consumers share, for reading and for writing."""
