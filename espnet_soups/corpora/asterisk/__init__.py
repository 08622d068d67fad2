"""The Asterisk core sounds: voice prompts in five languages, one professional speaker each."""
