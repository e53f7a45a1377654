"""Layered layout of nested graphs, in plain Python.

From the graph to the picture: `shown` (what is drawn of a scope), `clusters` (what is directly in a group, acyclic
after `parts`), `levels` (the boxes and links of one open group), `ranks` (which layer each is in; long links are
cut), `order` (of the boxes in a layer), `place` (their coordinates), `wrap` (tall ones into columns), `arrange` (all
of these for one level), `draw` (levels into frames), `compose` (the scene), `engine` (all of it).
"""
