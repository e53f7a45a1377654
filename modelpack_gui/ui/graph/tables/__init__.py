"""The tables beside the canvas: nodes, initializers, inputs and outputs, operators."""
