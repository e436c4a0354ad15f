"""The command line: the composition root of everything an operator types."""
