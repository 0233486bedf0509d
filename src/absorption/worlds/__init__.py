"""Where activations come from: toy populations, synthetic worlds, language models."""
