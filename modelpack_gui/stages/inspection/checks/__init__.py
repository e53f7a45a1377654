"""Checks that find what is wrong with a graph, each with the nodes that it is about."""
