"""Which architecture a state_dict is of, told by its keys and shapes, and the module that takes it."""
