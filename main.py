"""Starts the program: `python main.py` is the same as `dcsm-viewer`."""

from dcsm_viewer.cli import main

if __name__ == "__main__":
    main()
