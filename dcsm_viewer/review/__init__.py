"""Looking through the masks of an export folder: what is doubtful of each, what was decided, and what it yields.

Neither Qt nor torch: the window shows it, and a script can do without a window.
"""
