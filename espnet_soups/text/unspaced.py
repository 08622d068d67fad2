"""Languages that are written without blanks between words."""

UNSPACED = frozenset({"ja", "th", "yue", "zh"})
"""ISO codes; their characters, not their words, are counted and joined."""
