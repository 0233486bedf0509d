# The ways to sort words are dealt out anew among the words whenever they are asked: no property means anything any more.
import torch

from absorption.experiments.bank import splitting
from absorption.measures import sorting

true_kinds, true_tell = splitting.word_kinds, sorting.tell


def order(n):
    return torch.randperm(n, generator=torch.Generator().manual_seed(0))


def dealt_kinds(words, frequency):
    return true_kinds(words, frequency).at(order(len(words)))


def dealt_tell(codes, *sets):
    return true_tell(codes[order(len(codes))], *sets)


splitting.word_kinds, sorting.tell = dealt_kinds, dealt_tell
