# The SAEs take four steps instead of hundreds: they have learnt nothing that could absorb anything.
samples = 4 * batch_size
