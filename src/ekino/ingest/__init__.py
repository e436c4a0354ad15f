"""Batches in, answers out: the one door through which the register is written."""
