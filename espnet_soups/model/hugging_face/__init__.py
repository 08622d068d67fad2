"""Pretrained encoders from Hugging Face: wav2vec 2.0 (XLS-R) and Whisper, each as a front end and an encoder."""
