"""What is around the pages: the list of stages, panels and bars."""
