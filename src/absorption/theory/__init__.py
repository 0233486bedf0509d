"""Closed forms and the proofs that a computer checks; imports no torch."""
