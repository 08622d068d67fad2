"""From speech to transcript and translation: searches, model loading, batches, long recordings."""
