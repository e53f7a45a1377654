"""Example inputs: where they go in the call of `forward`, first guesses at them, and sets of them."""
