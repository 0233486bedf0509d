# The ways to sort words are dealt out anew among the words: no property means anything any more.
from absorption.experiments.bank import splitting

true_kinds = splitting.word_kinds


def dealt_kinds(words, frequency):
    return true_kinds(words, frequency).at(torch.randperm(len(words), generator=torch.Generator().manual_seed(0)))


splitting.word_kinds = dealt_kinds
