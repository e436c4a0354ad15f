"""The tables of the workbench."""
