# Nothing is learned: the optimiser's rate is zero, and the SAEs stay as they start. Their thresholds need fewer steps.
lr = 0.0
samples = min(samples, 200 * batch_size)
