"""Replicas of CoVoST 2, LibriSpeech and AISHELL-1, of any size, in the corpora's own layouts.

Tests make miniatures at run time; ``python -m tests.replicas --help`` makes them by hand. Every letter sounds
as a tone of its own, so that a model can learn to recognise what is said.
"""
