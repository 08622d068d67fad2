"""AISHELL-1: 178 hours of Mandarin, read by 400 speakers (OpenSLR 33, Apache-2.0)."""
