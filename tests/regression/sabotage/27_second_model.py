# The SAEs see two batches: they stand for nothing yet, and what latents miss says nothing about absorption.
samples = 2 * batch_size
