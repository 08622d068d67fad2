"""What a recipe remembers of its finished stages. Standard library only, so that a check takes no time."""
