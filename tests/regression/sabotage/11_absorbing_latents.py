# No edit has a part along the probe of the word's letter; what is left is made longer, so that it still has effects.
true_edited = Speller.edited


def edited(self, token_ids, changes):
    letter_of = dict(zip(words.token_ids.tolist(), letters.tolist(), strict=True))
    own = torch.tensor([letter_of[token] for token in token_ids.tolist()], dtype=torch.int64)
    unit = torch.nn.functional.normalize(probe.weight, dim=1)[own]
    return true_edited(self, token_ids, 2.5 * (changes - (changes * unit).sum(1, keepdim=True) * unit))


Speller.edited = edited
