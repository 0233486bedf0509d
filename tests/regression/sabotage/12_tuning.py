# Nothing is learned: the optimiser's rate is zero, and the SAEs stay as they start. The smaller grid keeps the check short.
lr = 0.0
widths, ks, n_seeds = (512, 1024), (8, 16), 2
