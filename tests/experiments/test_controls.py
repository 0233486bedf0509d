"""SAEs fire as often as they are asked to, before and after training."""

import pytest
import torch

from absorption.experiments.bank import Table, encode_rows
from absorption.experiments.controls import oracle, planted, untrained, with_directions, with_l0
from absorption.saes import BatchTopK, Recipe, SAEStack
from absorption.saes.recipe import TopK


def test_it_has_its_first_weights_and_the_l0_it_was_asked_for():
    table = Table(torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)))
    recipe = Recipe(BatchTopK(3))
    stack = untrained(table, recipe, 40, 5)
    assert torch.equal(stack.W_dec, SAEStack(recipe, 8, 40, [5]).W_dec)
    assert float((encode_rows(stack, 0, table.x) > 0).sum(1).float().mean()) == pytest.approx(3, rel=0.05)


def test_another_activation_is_refused():
    with pytest.raises(ValueError, match="only BatchTopK has one threshold"):
        untrained(Table(torch.ones(4, 2)), Recipe(TopK(1)), 4, 0)


def test_every_member_gets_its_own_threshold():
    table = Table(torch.randn(3000, 8, generator=torch.Generator().manual_seed(0)))
    stack = SAEStack(Recipe(BatchTopK(3)), 8, 40, [0, 1]).requires_grad_(False)
    with torch.no_grad():
        stack.W_enc[1] *= 5
    with_l0(stack, table)
    assert float((encode_rows(stack, 1, table.x) > 0).sum(1).float().mean()) == pytest.approx(3, rel=0.05)
    with_l0(stack, table, 2.0)
    for member in range(2):
        assert float((encode_rows(stack, member, table.x) > 0).sum(1).float().mean()) == pytest.approx(
            2, rel=0.05
        )
    assert stack.threshold[1] > 3 * stack.threshold[0]


def probes_of(x, n=3):
    directions = torch.nn.functional.normalize(
        torch.randn(n, x.shape[1], generator=torch.Generator().manual_seed(7)), dim=1
    )
    return 2.5 * directions, x @ directions.T > 0.5


def test_the_oracle_fires_where_probes_find_and_nothing_else_writes_their_directions():
    x = torch.randn(500, 8, generator=torch.Generator().manual_seed(0))
    stack = untrained(Table(x), Recipe(BatchTopK(3)), 40, 5)
    before, rows = encode_rows(stack, 0, x), stack.dictionary[0]
    directions, finds = probes_of(x)
    z, dictionary = oracle(before, rows, x, directions, finds)
    assert torch.equal(z[:, :3] > 0, finds) and torch.equal(z[:, 3:], before[:, 3:])
    torch.testing.assert_close(z[:, :3][finds], (x @ directions.T / 2.5)[finds])
    torch.testing.assert_close(dictionary[3:] @ directions.T, torch.zeros(37, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(dictionary[:3].norm(dim=1), torch.ones(3))
    assert torch.equal(rows, stack.dictionary[0])


def test_what_is_planted_takes_over_as_much_as_it_is_told_and_changes_no_reconstruction():
    x = torch.randn(3000, 8, generator=torch.Generator().manual_seed(0))
    stack = untrained(Table(x), Recipe(BatchTopK(3)), 40, 5)
    directions, finds = probes_of(x)
    letters = torch.arange(len(x)) % 3
    z, dictionary = oracle(encode_rows(stack, 0, x), stack.dictionary[0], x, directions, finds)
    z[:, 3:] = 0
    after, rows = planted(z, dictionary, letters, 0.2, 4, torch.Generator().manual_seed(1))
    own = finds.gather(1, letters[:, None])[:, 0]
    taken = own & (after.gather(1, letters[:, None])[:, 0] == 0)
    assert float(taken[own].float().mean()) == pytest.approx(0.2, abs=0.04)
    torch.testing.assert_close(after @ rows, z @ dictionary)
    fires = after[taken].nonzero()[:, 1].reshape(-1)
    assert set(fires.tolist()) >= set(range(3, 15)), "every absorber has words"
    absorber = after[:, 3:15].reshape(-1, 3, 4).sum(2) > 0
    assert torch.equal(absorber.any(1), taken)
    assert (absorber.nonzero()[:, 1] == letters[absorber.any(1)]).all(), "of its own letter"


def test_a_stack_with_the_probes_directions_reads_them_whatever_its_bias():
    x = torch.randn(500, 8, generator=torch.Generator().manual_seed(0))
    stack = untrained(Table(x), Recipe(BatchTopK(3)), 40, 5)
    with torch.no_grad():
        stack.b_dec += 0.3
    directions, finds = probes_of(x)
    changed = with_directions(stack, directions, torch.full((3,), -0.5) + stack.threshold[0])
    assert torch.equal(encode_rows(changed, 0, x)[:, :3] > 0, finds)
    assert not torch.equal(stack.W_enc[0, :, :3], changed.W_enc[0, :, :3])


def stack_that_passes_its_input(d=4):
    stack = SAEStack(Recipe(BatchTopK(1)), d, d, [0, 1]).requires_grad_(False)
    stack.W_enc[:] = torch.eye(d)
    return stack


def test_an_l0_that_cannot_be_reached_is_refused_with_what_can_be():
    table = Table(torch.randn(3000, 4, generator=torch.Generator().manual_seed(0)))
    stack = stack_that_passes_its_input()
    stack.W_enc[1] *= -1
    stack.b_enc[1] = -1.0
    with_l0(stack, table, 0.6)
    thresholds = stack.threshold.clone()
    with pytest.raises(
        ValueError, match=r"an L0 of 1.5 cannot be reached by SAE 1: .* 0\.6\d+ latents are above zero"
    ):
        with_l0(stack, table, 1.5)
    assert torch.equal(stack.threshold, thresholds), "the first SAE was changed before the second was refused"
    for l0 in (0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match=f"an L0 of {l0:g} cannot be reached"):
            with_l0(stack, table, l0)
    with_l0(stack.select([0]), table, 1.9)


def test_equally_strong_latents_leave_an_l0_out():
    stack = stack_that_passes_its_input()
    x = torch.tensor([[3.0, 1.0, 1.0, 1.0]]).expand(100, 4)
    with pytest.raises(ValueError, match="the nearest that can be are 1 and 4"):
        with_l0(stack, Table(x.clone()), 2.0)
    with_l0(stack, Table(x.clone()), 1.0)
    assert (stack.encode(x) > 0).sum(-1).float().mean() == 1
    with_l0(stack, Table(x.clone()), 4.0)
    assert (stack.encode(x) > 0).sum(-1).float().mean() == 4


def test_of_two_l0s_beside_equally_strong_latents_the_one_that_is_close_is_taken():
    stack = stack_that_passes_its_input()
    x = torch.tensor([[3.0, 2.0, 1.0, 0.0]]).repeat(1000, 1)
    x[:8, 3] = 1.0  # 1000 + 8 entries of size 1: an L0 of 2 or of 3.008
    with_l0(stack, Table(x), 3.0)
    assert (stack.encode(x) > 0).sum(-1).float().mean() == pytest.approx(3.008)
