"""Measure an SAE: what it absorbs of any labels, beside half-spaces of activation space that mean nothing."""

from absorption.experiments.measure.measuring import measure, measure_activations
from absorption.experiments.measure.report import Report

__all__ = ["Report", "measure", "measure_activations"]
