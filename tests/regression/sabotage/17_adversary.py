# No sparsity penalty: nothing is absorbed, and there is nothing for the adversary to prevent.
import absorption.saes.losses.objective as objective

objective.sparsity_penalty = lambda stack, acts, pre, weights: 0 * stack.sparsity
