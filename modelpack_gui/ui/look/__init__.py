"""How the window looks: palettes, the style sheet and icons."""
