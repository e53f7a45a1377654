"""What the graph costs: counted, added up over modules, and its memory over a run."""
