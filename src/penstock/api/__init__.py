"""HTTP to types and back, nothing else."""
