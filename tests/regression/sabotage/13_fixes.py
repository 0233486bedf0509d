# How much is absorbed is drawn by lot, whatever the SAE: no recipe, no dose and not even the oracle makes a difference.
examined_fully, lots = examine, torch.Generator().manual_seed(0)


def examine(*arguments, **options):
    found = examined_fully(*arguments, **options)
    drawn = torch.rand(len(found.fraction), generator=lots)
    return replace(found, fraction=drawn, full=drawn)
