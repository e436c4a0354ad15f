"""Values and rules of the workbench."""
