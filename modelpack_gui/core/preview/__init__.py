"""A recipe as Python source, with no dependency on us."""
