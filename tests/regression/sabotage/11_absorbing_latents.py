# No edit has a part along the probe of the word's letter; what is left is made longer, so that it still has effects.
from absorption.experiments.ablating import without
from absorption.experiments.asked import Asked

true_lost = Asked.lost


def lost(self, word, changes):
    return true_lost(self, word, 2.5 * without(changes, self.directions[word]))


Asked.lost = lost
