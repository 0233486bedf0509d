# No sparsity penalty: nothing is absorbed, and there is no absorber for a meta-SAE to take apart.
import absorption.saes.losses.objective as objective

objective.sparsity_penalty = lambda stack, acts, pre, weights: 0 * stack.sparsity
