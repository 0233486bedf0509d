"""δ-absorption: the world, the family of SAEs, and what each member of the family costs.

A parent direction f1 and a child direction f2. The family of the printed argument is
e1 = f1* − δ f2*, e2 = f2*, d1 = f1, d2 = f2 + δ f1, where f1*, f2* read off coordinates (they are f1, f2 when
the directions are orthogonal). Everything is symbolic, ReLU included, so that a solver can be asked about
the forward pass itself and not about a formula derived from it by hand.
"""

from dataclasses import dataclass

import sympy as sp

from absorption.theory.statement import Expression, Matrix

LAMBDA = sp.Symbol("lambda", positive=True)
P11, P10, P01, P00 = sp.symbols("p11 p10 p01 p00", positive=True)
DELTA = sp.Symbol("delta", real=True)
START, END = sp.symbols("a b", real=True)
EXPONENT = sp.Symbol("p", positive=True)
REST = sp.Symbol("u", positive=True)
"""u = 1 − δ, what the parent's latent still shows on child states: positive before full absorption."""


@dataclass(frozen=True)
class SymbolicSAE:
    """A ReLU SAE whose weights are expressions; columns of `encoder` and rows of `decoder` are latents.

    >>> import sympy as sp
    >>> sae = SymbolicSAE(encoder=sp.Matrix([[1, 0], [-1, 1]]), decoder=sp.Matrix([[1, 0], [1, 1]]))
    >>> sae.encode(sp.Matrix([[1, 1]])), sae.error(sp.Matrix([[1, 1]])), sae.norms()
    (Matrix([[0, 1]]), 0, [1, sqrt(2)])
    """

    encoder: Matrix
    """[d_in, d_sae]"""
    decoder: Matrix
    """[d_sae, d_in]"""
    decoder_bias: Matrix | None = None
    """[1, d_in]; subtracted before encoding and added after decoding, as in SAELens."""

    def encode(self, x: Matrix) -> Matrix:
        """z = ReLU((x − b) W_enc), `[1, d_sae]`, for one activation `[1, d_in]`."""
        shifted = x if self.decoder_bias is None else x - self.decoder_bias
        return (shifted * self.encoder).applyfunc(lambda pre: sp.Max(0, sp.expand(pre)))

    def decode(self, z: Matrix) -> Matrix:
        """x̂ = z W_dec + b, `[1, d_in]`."""
        reconstruction = z * self.decoder
        return reconstruction if self.decoder_bias is None else reconstruction + self.decoder_bias

    def error(self, x: Matrix) -> Expression:
        """‖x − x̂‖²."""
        return squared_norm(x - self.decode(self.encode(x)))

    def norms(self) -> list[Expression]:
        """‖d_i‖ of each latent."""
        return [sp.sqrt(sp.expand(squared_norm(self.decoder[i, :]))) for i in range(self.decoder.rows)]

    def penalty(self, x: Matrix, weighted: bool = False) -> Expression:
        """Σ z_i, or Σ z_i ‖d_i‖ when weighted by the decoder's norms."""
        norms = self.norms() if weighted else [sp.Integer(1)] * self.decoder.rows
        return sum((z * norm for z, norm in zip(self.encode(x), norms, strict=True)), sp.Integer(0))


def squared_norm(row: Matrix) -> Expression:
    """‖row‖².

    >>> import sympy as sp
    >>> squared_norm(sp.Matrix([[3, 4]]))
    25
    """
    return sum((entry**2 for entry in row), sp.Integer(0))


def states(cosine: Expression | float = 0) -> dict[str, Matrix]:
    """The activations `parent`, `child`, `both`, `neither` in two dimensions, for unit directions at that cosine.

    >>> states()["both"]
    Matrix([[1, 1]])
    """
    parent = sp.Matrix([[1, 0]])
    child = sp.Matrix([[cosine, sp.sqrt(1 - sp.sympify(cosine) ** 2)]])
    return {"parent": parent, "child": child, "both": parent + child, "neither": sp.zeros(1, 2)}


def family(delta: Expression, cosine: Expression | float = 0) -> SymbolicSAE:
    """The printed family, member δ.

    >>> family(DELTA).decoder
    Matrix([
    [    1, 0],
    [delta, 1]])
    """
    world = states(cosine)
    features = sp.Matrix.vstack(world["parent"], world["child"])
    mixing = sp.Matrix([[1, 0], [delta, 1]])
    return SymbolicSAE(encoder=features.inv() * mixing.inv(), decoder=mixing * features)


def mean(per_state: dict[str, Expression], **probabilities: Expression) -> Expression:
    """Σ p(state) · value(state) over the states that are named.

    >>> import sympy as sp
    >>> mean({"parent": sp.Integer(1), "both": sp.Integer(2)}, parent=P10, both=P11)
    p10 + 2*p11
    """
    return sum((p * per_state[state] for state, p in probabilities.items()), sp.Integer(0))


def loss(
    sae: SymbolicSAE, world: dict[str, Matrix], weighted: bool = False, **probabilities: Expression
) -> Expression:
    """Expected ‖x − x̂‖² + λ · penalty, from the forward pass.

    >>> loss(family(0), states(), both=P11), loss(family(1), states(), both=P11)
    (2*lambda*p11, lambda*p11)
    """
    per_state = {
        state: sae.error(world[state]) + LAMBDA * sae.penalty(world[state], weighted)
        for state in probabilities
    }
    return mean(per_state, **probabilities)
