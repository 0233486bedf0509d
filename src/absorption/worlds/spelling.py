"""First letters named by the language model itself, in a ten-shot prompt, with the residual stream at the word edited.

The prompt of Chanin et al. 2024 (arXiv:2409.14507, §3), after the model's own first token:

     apple has the first letter: A
     … ten examples, one a line …
     word has the first letter:

and the model should go on with a space and the capital. Everything before the word is the same for all
words: it is read once, and its keys and values are shared. Words follow it in one long sequence, several
dozen at once, each of which sees the prefix and its own tokens only, at its own positions. So one word, with
any edit of the residual stream at it, costs as many tokens as the template has after the prefix (6 for
SmolLM2), instead of 77. A test holds the packed runs against whole prompts run one by one.
"""

import copy
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor, nn

from absorption.runtime.cache import cached
from absorption.worlds.language import LanguageModel
from absorption.worlds.residuals import EnoughError, listening
from absorption.worlds.text import LETTERS

QUESTION = " has the first letter:"
PACKED_WORDS = 64  # words in one forward pass: attention's cost grows with its square


@dataclass(frozen=True)
class Prompt:
    """Token ids of what comes before the word `[prefix]` and after it `[suffix]`, and of the answers `[26]`.

    >>> import torch
    >>> from absorption.worlds.language import LanguageModel
    >>> def tokenizer(text, **options):  # the last letter's code, whatever comes before it
    ...     return {"input_ids": [ord(text[-1])]}
    >>> model = LanguageModel("tiny", "by hand", 1, 8, 0, "float32", tokenizer, torch.nn.Identity())
    >>> prompt = Prompt.of(model, ["apple", "bear"])
    >>> prompt.prefix.tolist(), prompt.suffix.tolist(), prompt.capitals[:3].tolist()
    ([0, 10], [58], [65, 66, 67])
    """

    prefix: Int64[Tensor, " prefix"]
    suffix: Int64[Tensor, " suffix"]
    capitals: Int64[Tensor, " letter"]

    @classmethod
    def of(cls, model: LanguageModel, examples: Sequence[str]) -> "Prompt":
        """The prompt with these example words, in this order.

        Raises:
            ValueError: a capital with a space before it is not one token, so that no one logit names it.
        """
        lines = "".join(f" {word}{QUESTION} {word[0].upper()}\n" for word in examples)
        capitals = [_ids(model, f" {letter.upper()}") for letter in LETTERS]
        if any(len(ids) != 1 for ids in capitals):
            raise ValueError(f"{model.name} writes some capitals as several tokens.")
        return cls(
            torch.tensor([model.first_token, *_ids(model, lines)]),
            torch.tensor(_ids(model, QUESTION)),
            torch.tensor([ids[0] for ids in capitals]),
        )


@dataclass(frozen=True)
class Answers:
    """What the model says about each word: `capitals [word letter]`, its 26 answers' logits, and `said [word]`.

    `said` is the letter 0–25 that it would write first of all tokens, or −1 where that is no capital.
    """

    capitals: Float[Tensor, "word letter"]
    said: Int64[Tensor, " word"]


class Speller:
    """A whole language model that is asked for first letters.

    >>> import torch
    >>> from transformers import LlamaConfig, LlamaForCausalLM
    >>> from absorption.worlds.language import LanguageModel
    >>> config = LlamaConfig(hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=2)
    >>> model = LanguageModel("tiny", "random", 1, 8, 0, "float32", None, LlamaForCausalLM(config))
    >>> speller = Speller(model, Prompt(torch.tensor([0, 1]), torch.tensor([2]), torch.arange(3, 29)))
    >>> speller.edited(torch.tensor([30, 31]), changes=torch.zeros(2, 8)).shape  # a logit a letter
    torch.Size([2, 26])

    Args:
        model: Loaded with `whole=True`; edits are made where its residual stream is read, after `model.layer`
            blocks, at the word's token.
        prompt: What it is asked.
    """

    def __init__(self, model: LanguageModel, prompt: Prompt) -> None:
        self.model, self.prompt = model, prompt

    def activations(self, token_ids: Int64[Tensor, " word"]) -> Float32[Tensor, "word d_model"]:
        """The residual stream at each word in the prompt, on the CPU, through the cache."""
        return self._cached("read", token_ids)["residuals"]

    def answers(self, token_ids: Int64[Tensor, " word"]) -> Answers:
        """What the model answers for each word, through the cache."""
        found = self._cached("answer", token_ids)
        return Answers(found["capitals"], found["said"])

    @torch.no_grad()
    def edited(
        self, token_ids: Int64[Tensor, " run"], changes: Float[Tensor, "run d_model"]
    ) -> Float32[Tensor, "run letter"]:
        """The 26 answers' logits with `changes` added to the residual stream at each word, on the CPU."""
        if len(token_ids) == 0:
            return torch.empty(0, len(self.prompt.capitals))
        parts = zip(token_ids.split(PACKED_WORDS), changes.split(PACKED_WORDS), strict=True)
        return torch.cat([self._logits(ids, change)[:, self.prompt.capitals] for ids, change in parts])

    def gradients(
        self, token_ids: Int64[Tensor, " word"], letters: Int64[Tensor, " word"]
    ) -> Float32[Tensor, "word d_model"]:
        """Of logit(correct) − mean logit(others), with respect to the residual stream at each word, on the CPU."""
        parts = zip(token_ids.split(PACKED_WORDS), letters.split(PACKED_WORDS), strict=True)
        return torch.cat([self._gradient(ids, own) for ids, own in parts])

    def _gradient(
        self, token_ids: Int64[Tensor, " word"], letters: Int64[Tensor, " word"]
    ) -> Float32[Tensor, "word d_model"]:
        changes = torch.zeros(len(token_ids), self.model.d_model, requires_grad=True)
        with torch.enable_grad():
            capitals = self._logits(token_ids, changes)[:, self.prompt.capitals]
            right = capitals.gather(1, letters[:, None])[:, 0]
            margin = right - (capitals.sum(1) - right) / (capitals.shape[1] - 1)
            return torch.autograd.grad(margin.sum(), changes)[0]

    def _cached(self, what: str, token_ids: Int64[Tensor, " word"]) -> dict[str, Tensor]:
        made_from = torch.cat([self.prompt.prefix, self.prompt.suffix, self.prompt.capitals, token_ids])
        return cached(
            f"spelling-{what}",
            partial(self._read if what == "read" else self._answer, token_ids),
            made_by=__name__,
            parameters={
                "model": self.model.identity,
                "layer": self.model.layer if what == "read" else None,
                "linear": self.model.linear,
                "tokens": hashlib.sha256(made_from.numpy().tobytes()).hexdigest(),
                "words": len(token_ids),
            },
            packages=("torch", "transformers"),
        )

    @torch.no_grad()
    def _answer(self, token_ids: Int64[Tensor, " word"]) -> dict[str, Tensor]:
        capitals, said = [], []
        for ids in token_ids.split(PACKED_WORDS):
            logits = self._logits(ids, None)
            capitals.append(logits[:, self.prompt.capitals])
            is_said = logits.argmax(1)[:, None] == self.prompt.capitals
            said.append(torch.where(is_said.any(1), is_said.long().argmax(1), -1))
        return {"capitals": torch.cat(capitals), "said": torch.cat(said)}

    @torch.no_grad()
    def _read(self, token_ids: Int64[Tensor, " word"]) -> dict[str, Tensor]:
        kept: list[Tensor] = []

        def keep(_module: nn.Module, _args: object, out: Any) -> None:
            kept.append(_hidden(out)[0].float().cpu())
            raise EnoughError

        _ = self._prefix
        with listening(self.model, keep):
            for ids in token_ids.split(PACKED_WORDS):
                with suppress(EnoughError):
                    self._run(ids[:, None])
        return {"residuals": torch.cat(kept)}

    def _logits(
        self, token_ids: Int64[Tensor, " word"], changes: Float[Tensor, "word d_model"] | None
    ) -> Float32[Tensor, "word vocabulary"]:
        """All logits after each word's question; one pass."""
        tokens = torch.cat([token_ids[:, None], self.prompt.suffix.expand(len(token_ids), -1)], dim=1)
        length = tokens.shape[1]

        def add(_module: nn.Module, _args: object, out: Any) -> Any:
            hidden = _hidden(out)
            if changes is not None:
                rows = torch.arange(0, hidden.shape[1], length, device=hidden.device)
                hidden = hidden.index_add(1, rows, changes.to(hidden)[None])
            return (hidden, *out[1:]) if isinstance(out, tuple) else hidden

        _ = self._prefix
        with listening(self.model, add):
            return self._run(tokens)

    @cached_property
    @torch.no_grad()
    def _prefix(self) -> Any:
        """Keys and values of what comes before every word. To be read before any block is listened to."""
        prefix = self.prompt.prefix[None].to(self.model.device)
        body: Any = self.model.body
        return body.base_model(prefix, use_cache=True).past_key_values

    def _run(self, tokens: Int64[Tensor, "word token"]) -> Float32[Tensor, "word vocabulary"]:
        """Logits at each word's last token; words are packed into one sequence after the shared prefix."""
        body, device = self.model.body, self.model.device
        n_prefix, (n_words, length) = len(self.prompt.prefix), tokens.shape
        word = torch.arange(n_words).repeat_interleave(length)
        place = torch.arange(length).repeat(n_words)
        sees = (word[:, None] == word) & (place[:, None] >= place)
        sees = torch.cat([sees.new_ones(len(word), n_prefix), sees], dim=1)
        mask = torch.zeros(sees.shape).masked_fill(~sees, torch.finfo(torch.float32).min)
        positions = n_prefix + place
        last = torch.arange(length - 1, n_words * length, length)
        out = body(
            tokens.reshape(1, -1).to(device),
            attention_mask=mask[None, None].to(device),
            position_ids=positions[None].to(device),
            past_key_values=copy.deepcopy(self._prefix),
            use_cache=True,
            logits_to_keep=last.to(device),
        )
        return out.logits[0].float().cpu()


def _ids(model: LanguageModel, text: str) -> list[int]:
    return model.tokenizer(text, add_special_tokens=False)["input_ids"]


def _hidden(out: Any) -> Tensor:
    """The hidden states among what a block returns."""
    return out[0] if isinstance(out, tuple) else out
