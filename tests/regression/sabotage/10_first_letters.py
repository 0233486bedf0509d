# The letters are dealt out anew among the words: nothing is left to classify.
from dataclasses import replace

true_words = vocabulary_words


def vocabulary_words(*args, **kwargs):
    words = true_words(*args, **kwargs)
    dealt = torch.randperm(len(words.letters), generator=torch.Generator().manual_seed(0))
    return replace(words, letters=words.letters[dealt])
