# Instead of being turned, latents are exchanged: no bias, and no encoder fitted anew, gives the first one its zone back.
any_which_way = lambda rows, degrees, seeds: rows.flip(1)  # noqa: E731
