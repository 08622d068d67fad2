"""Models that leave the machine they were trained on: packed, described, found again, shared."""
