"""LibriSpeech: about 1000 hours of English audiobooks, read by volunteers (OpenSLR 12, CC BY 4.0)."""
