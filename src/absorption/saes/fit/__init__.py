"""Training: on an exact population or on batches, the optimiser, the sparse step."""
