"""What several pages do the same way: starts, matched comparisons, nulls, the bank of trained SAEs."""
