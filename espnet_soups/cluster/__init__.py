"""Jobs on a Slurm cluster. Standard library only: it runs where jobs are submitted."""
