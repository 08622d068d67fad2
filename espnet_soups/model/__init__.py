"""The model: a shared encoder, recognition and translation heads, and a self-supervised objective."""
