"""The files of whole folders, one module a format, each with the FORMATS that it makes."""
