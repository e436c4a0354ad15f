"""Box-office totals: a fold over register entries, and nothing else."""
