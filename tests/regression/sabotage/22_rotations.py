# Instead of being turned, latents are exchanged: no bias, and no encoder fitted anew, gives the first one its zone back.


def any_which_way(rows, degrees, seeds):
    return rows.flip(1)
