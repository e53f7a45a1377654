"""What a window knows of each stage: what runs, what came of it last, and whether that still holds."""
