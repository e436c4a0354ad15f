"""The documentation, served by the register itself: for networks that reach nothing else."""
