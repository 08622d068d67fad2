"""What a recipe's ``--dry_run`` checks and prints; nothing here writes a file."""
