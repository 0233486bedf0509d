"""The colours of every figure, by role."""

# Okabe & Ito (2008), "Color universal design": told apart by every kind of colour vision.
COLORS = {
    "parent": "#0072B2",
    "child": "#D55E00",
    "reference": "#4D4D4D",
    "good": "#009E73",
    "bad": "#CC79A7",
    "accent": "#E69F00",
    "light": "#56B4E9",
    "highlight": "#F0E442",
}
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"
