# What reads is what writes: no latent can leave out a child that another latent has taken over.
from dataclasses import replace

from absorption.experiments import at_scale

at_scale.RECIPES = {name: replace(made, tied=True) for name, made in at_scale.RECIPES.items()}
