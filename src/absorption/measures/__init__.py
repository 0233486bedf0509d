"""What is read off a trained stack: absorption, recall, probes."""
