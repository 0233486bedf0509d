"""The bank: SAEs that are trained once, by the hash of what makes them, and examined by any number of pages."""

from absorption.experiments.bank.fitting import Schedule, encode_rows, trained
from absorption.experiments.bank.table import Table

__all__ = ["Schedule", "Table", "encode_rows", "trained"]
