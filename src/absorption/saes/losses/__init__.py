"""What is minimised: the objective, sparsity penalties, orthogonality and its schemes."""
