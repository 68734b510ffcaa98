"""Actions, menus, shortcuts and dialogs."""
