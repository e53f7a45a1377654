"""The main window: its menus, its docks and what is between them."""
