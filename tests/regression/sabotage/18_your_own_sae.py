# Every SAE gets a latent a letter that reads it as the probe does: nothing is left to absorb.
measure_any = absorption.measure


def measure_with_letters(sae, model, **options):
    return measure_any(with_letters(sae) if isinstance(sae, Path) else sae, model, **options)


absorption.measure = measure_with_letters
