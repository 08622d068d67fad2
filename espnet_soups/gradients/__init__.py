"""What a soup needs to know about gradients, measured on a model, and how its weights reach the backward pass."""
