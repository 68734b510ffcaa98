"""How good the masks are: figures over a dataset with true masks, for this program's masks and for anyone's."""
