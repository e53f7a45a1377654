"""The far side of the process boundary: runs stages in the interpreter the user picked."""
