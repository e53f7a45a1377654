"""The graph beside another one: choice, summary, lists, pairs, weights, both drawn."""
