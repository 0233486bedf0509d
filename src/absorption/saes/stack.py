"""Many SAEs as one module: every parameter has a leading `sae` axis."""

import copy
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from absorption.saes.activations import topk_mask
from absorption.saes.centred import Centred
from absorption.saes.clock import Clock
from absorption.saes.losses.schemes import FrozenBatches
from absorption.saes.pursuit import matching_pursuit
from absorption.saes.recipe import BatchTopK, Gated, JumpReLU, MatchingPursuit, Recipe, TopK

SWEPT = ("sparsity", "k", "orthogonality", "encoder_decay", "revival", "level_weights")

PENALTIES = ("sparsity", "orthogonality", "encoder_decay", "revival")


class SAEStack(nn.Module):
    """A stack of SAEs of one recipe and one width, trained together and independent of each other.

    >>> import torch
    >>> from absorption.saes import Recipe, TopK
    >>> stack = SAEStack(Recipe(TopK(2)), d_in=4, d_sae=8, seeds=[0, 1, 2])
    >>> stack.encode(torch.eye(4)).shape, stack(torch.eye(4)).shape
    (torch.Size([3, 4, 8]), torch.Size([3, 4, 4]))

    Args:
        recipe: What each SAE is.
        d_in: Width of the activations.
        d_sae: Number of latents.
        seeds: One a member; decides its initial weights, whatever the other members are.
        sweep: Hyper-parameters that differ between members, each `[sae]` (`level_weights`: `[sae level]`);
            the others take the recipe's value.
        device, dtype: Where and how the parameters are kept.
        d_out: Width of what is reconstructed, where that is not the input (a transcoder). b_dec then lives there and is
            not taken from the input, as in SAELens; encoder and decoder start independently.

    Parameters (names and axes as in SAELens, after the leading one): `W_enc [sae d_in d_sae]`,
    `b_enc [sae d_sae]`, `W_dec [sae d_sae d_out]`, `b_dec [sae d_out]`; `threshold [sae d_sae]` for JumpReLU,
    `[sae 1]` for BatchTopK; `r_mag, b_mag [sae d_sae]` for gated SAEs, whose gate bias is `b_enc`.

    Raises:
        ValueError: k above d_sae, a nesting that does not fit d_sae, spaces that do not add up to d_out, a transcoder
            whose weights are tied, an unknown or misshapen sweep.
    """

    def __init__(
        self,
        recipe: Recipe,
        d_in: int,
        d_sae: int,
        seeds: Sequence[int],
        sweep: Mapping[str, Tensor] | None = None,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        d_out: int | None = None,
    ) -> None:
        super().__init__()
        self.recipe, self.d_in, self.d_sae, self.seeds = recipe, d_in, d_sae, tuple(seeds)
        self.transcodes, self.d_out = d_out is not None, d_in if d_out is None else d_out
        self.clock = Clock()
        n_sae = len(self.seeds)
        self._check_widths()
        self._register_sweep(dict(sweep or {}), n_sae, device, dtype)
        self.terms = frozenset(name for name in PENALTIES if bool((self.get_buffer(name) > 0).any()))
        """The optional terms of the loss that some member uses; fixed when the stack is made."""

        norm = 1.0 if recipe.decoder == "unit" else recipe.init_norm
        directions = torch.stack([_random_directions(seed, d_sae, self.d_out) for seed in self.seeds])
        self.W_dec = nn.Parameter((norm * directions).to(device, dtype))
        # Rows of the encoder are contiguous in memory, so that the sparse path can read them without a copy.
        rows = self.W_dec.detach().clone()
        if self.transcodes:
            other = torch.stack([_random_directions(seed, d_sae, d_in, stream=1) for seed in self.seeds])
            rows = (norm * other).to(device, dtype)
        self._W_enc = None if recipe.tied else nn.Parameter(rows.mT)

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(n_sae, *shape, device=device, dtype=dtype)

        self._register("b_enc", zeros(d_sae), trained=recipe.encoder_bias)
        self._register("b_dec", zeros(self.d_out), trained=recipe.decoder_bias)
        if isinstance(recipe.activation, Gated):
            self._register("r_mag", zeros(d_sae), trained=True)
            self._register("b_mag", zeros(d_sae), trained=recipe.encoder_bias)
        elif isinstance(recipe.activation, JumpReLU):
            self._register("threshold", zeros(d_sae) + recipe.activation.threshold, trained=True)
        elif isinstance(recipe.activation, BatchTopK):
            self._register("threshold", zeros(1), trained=False)
        self.register_buffer("neighbours", None, persistent=False)

    def _check_widths(self) -> None:
        """Refuse widths that the recipe has no meaning for."""
        recipe, d_sae = self.recipe, self.d_sae
        if not self.seeds:
            raise ValueError("seeds is empty: a stack needs at least one SAE.")
        if self.transcodes and recipe.tied:
            raise ValueError(
                "a transcoder reads one space and writes another, so its weights cannot be tied: tied=False."
            )
        if recipe.spaces and sum(recipe.spaces) != self.d_out:
            raise ValueError(f"spaces must add up to d_out = {self.d_out}, got {recipe.spaces}.")
        if recipe.nesting and recipe.nesting[-1] != d_sae:
            raise ValueError(f"nesting must end at d_sae = {d_sae}, got {recipe.nesting}.")
        if recipe.random_nesting > d_sae:
            raise ValueError(
                f"random_nesting = {recipe.random_nesting} needs as many latents, got d_sae = {d_sae}."
            )
        if isinstance(scheme := recipe.orthogonality_scheme, FrozenBatches):
            first = scheme.span(0.0, d_sae)[1]
            if scheme.batches > d_sae or (recipe.k or 0) > first:
                raise ValueError(
                    f"FrozenBatches({scheme.batches}) of {d_sae} latents begins with {first}: too few for k = {recipe.k}, "
                    "or fewer latents than batches."
                )

    def _register(self, name: str, value: Tensor, trained: bool) -> None:
        if trained:
            self.register_parameter(name, nn.Parameter(value))
        else:
            self.register_buffer(name, value)

    def _register_sweep(self, sweep: dict[str, Tensor], n_sae: int, device: str, dtype: torch.dtype) -> None:
        recipe = self.recipe
        levels = recipe.level_weights or (1.0,) * recipe.levels
        for name in SWEPT:
            default = levels if name == "level_weights" else getattr(recipe, name)
            if default is None:
                continue
            base = torch.as_tensor(default, dtype=dtype, device=device)
            value = torch.as_tensor(
                sweep.pop(name, base.expand(n_sae, *base.shape)), dtype=dtype, device=device
            )
            if value.shape != (n_sae, *base.shape):
                raise ValueError(
                    f"sweep[{name!r}] must have shape {(n_sae, *base.shape)}, got {tuple(value.shape)}."
                )
            self.register_buffer(name, value.clone())
        if sweep:
            allowed = [name for name in SWEPT if name in self._buffers]
            raise ValueError(f"sweep has unknown names {sorted(sweep)}; this recipe can sweep {allowed}.")
        if recipe.k is not None and bool((self.k > self.d_sae).any() | (self.k <= 0).any()):
            raise ValueError(f"k must lie in (0, d_sae = {self.d_sae}].")
        counts = isinstance(recipe.activation, TopK | MatchingPursuit)
        if counts and bool((self.k != self.k.round()).any()):
            raise ValueError(
                "k of TopK and MatchingPursuit must be whole numbers; BatchTopK takes fractions."
            )

    # The shapes of what `register_*` makes, for readers and for the type checker.
    b_enc: Float[Tensor, "sae d_sae"]
    b_dec: Float[Tensor, "sae d_out"]
    threshold: Float[Tensor, "sae d_sae_or_one"]
    r_mag: Float[Tensor, "sae d_sae"]
    b_mag: Float[Tensor, "sae d_sae"]
    sparsity: Float[Tensor, " sae"]
    k: Float[Tensor, " sae"]
    orthogonality: Float[Tensor, " sae"]
    encoder_decay: Float[Tensor, " sae"]
    revival: Float[Tensor, " sae"]
    level_weights: Float[Tensor, "sae level"]
    neighbours: Int[Tensor, "sae d_sae neighbour"] | None
    """The list of the `Neighbours` scheme, once training has made one."""

    @property
    def W_enc(self) -> Float[Tensor, "sae d_in d_sae"]:
        """The encoder; when tied, a view of the transposed decoder."""
        return self.W_dec.mT if self._W_enc is None else self._W_enc

    @property
    def lengths(self) -> Float[Tensor, "sae d_sae"]:
        """The norms of the decoder's rows; in a crosscoder the sum of a row's norms in all spaces."""
        if not self.recipe.spaces:
            return self.W_dec.norm(dim=-1)
        return torch.stack([part.norm(dim=-1) for part in self.W_dec.split([*self.recipe.spaces], -1)]).sum(0)

    @property
    def dictionary(self) -> Float[Tensor, "sae d_sae d_out"]:
        """The decoder that reconstructions are made with: `W_dec`, its lengths divided out where the recipe says so."""
        return self.W_dec / self.lengths[..., None] if self.recipe.decoder == "normalised" else self.W_dec

    def __len__(self) -> int:
        """Number of SAEs."""
        return len(self.seeds)

    def pre_activations(self, x: Float[Tensor, "*sae batch d_in"]) -> Float[Tensor, "sae batch d_sae"]:
        """(x − b_dec) W_enc + b_enc (a transcoder: x W_enc + b_enc), times the decoder's lengths where those are divided out.

        x may be shared by all members, `[batch d_in]`, or one batch a member, `[sae batch d_in]`.
        """
        if self.recipe.decoder_bias and not self.transcodes:
            pre = self._centred(x)
        elif self.recipe.encoder_bias:
            pre = x @ self.W_enc + self.b_enc[:, None]
        else:
            pre = x @ self.W_enc
        return pre * self.lengths[:, None] if self.recipe.decoder == "normalised" else pre

    def _centred(self, x: Float[Tensor, "*sae batch d_in"]) -> Float[Tensor, "sae batch d_sae"]:
        # Where the encoder has other gradients, too, autograd adds them up in its own order.
        shared = self.recipe.tied or "encoder_decay" in self.terms
        if not shared and (x.ndim == 2 or len(x) == len(self)):
            return Centred.apply(x.expand(len(self), -1, -1), self.W_enc, self.b_enc, self.b_dec)
        return x @ self.W_enc + (self.b_enc - (self.b_dec[:, None] @ self.W_enc)[:, 0])[:, None]

    def gated_magnitudes(self, pre: Float[Tensor, "sae batch d_sae"]) -> Float[Tensor, "sae batch d_sae"]:
        """How strongly a gated SAE's latents would fire: ReLU(exp(r_mag) · (pre − b_gate) + b_mag)."""
        return ((pre - self.b_enc[:, None]) * self.r_mag.exp()[:, None] + self.b_mag[:, None]).relu()

    @torch.no_grad()
    def encode(self, x: Float[Tensor, "*sae batch d_in"]) -> Float[Tensor, "sae batch d_sae"]:
        """Activations at inference: each input alone (BatchTopK by its threshold), without gradient."""
        pre = self.pre_activations(x)
        match self.recipe.activation:
            case TopK():
                return pre.relu() * topk_mask(pre, self.k).to(pre)
            case MatchingPursuit(residual_threshold=threshold):
                return matching_pursuit(x - self.b_dec[:, None], self.dictionary, self.k, threshold)
            case BatchTopK() | JumpReLU():
                return pre.relu() * (pre > self.threshold[:, None]).to(pre)
            case Gated():
                return self.gated_magnitudes(pre) * (pre > 0).to(pre)
            case _:
                return pre.relu()

    @torch.no_grad()
    def decode(self, acts: Float[Tensor, "sae batch d_sae"]) -> Float[Tensor, "sae batch d_out"]:
        """Reconstruction from activations, without gradient."""
        return acts @ self.dictionary + self.b_dec[:, None]

    def forward(self, x: Float[Tensor, "*sae batch d_in"]) -> Float[Tensor, "sae batch d_out"]:
        """Reconstruction at inference."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def select(self, members: Sequence[int]) -> "SAEStack":
        """A stack of the given members, with copies of their parameters."""
        chosen = copy.deepcopy(self)
        index = torch.as_tensor(members, device=self.W_dec.device)
        chosen.seeds = tuple(self.seeds[i] for i in members)
        for name, parameter in chosen._parameters.items():
            if parameter is not None:
                # Encoder memory keeps its row-contiguous order.
                value = parameter.mT[index].mT if name == "_W_enc" else parameter[index]
                chosen._parameters[name] = nn.Parameter(value)
        for name, buffer in chosen._buffers.items():
            if buffer is not None:
                chosen._buffers[name] = buffer[index]
        return chosen


def _random_directions(seed: int, n: int, width: int, stream: int = 0) -> Float[Tensor, "n width"]:
    """Unit vectors, uniform on the sphere, drawn on the CPU so that every device starts alike; streams are independent."""
    generator = torch.Generator().manual_seed(int(seed) + stream * 1_000_000_007)
    draws = torch.randn(n, width, generator=generator, dtype=torch.float64)
    return torch.nn.functional.normalize(draws, dim=-1)
