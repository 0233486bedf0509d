"""Training with compiled kernels (Numba)."""
