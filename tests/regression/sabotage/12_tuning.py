# Nothing is learned: the optimiser's rate is zero, and the SAEs stay as they start.
lr = 0.0
