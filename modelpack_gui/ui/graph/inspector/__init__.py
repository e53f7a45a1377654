"""What the inspector says of a node, a value, a group or a scope, and what it looks up for it."""
