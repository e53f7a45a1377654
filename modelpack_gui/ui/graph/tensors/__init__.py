"""The elements of a stored tensor: figures, heat map, table, in a dock."""
