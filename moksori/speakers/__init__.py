"""Compare voices by speaker embeddings."""
