"""Chapter 15's functions against torch and loops, on sizes and values that the chapter does not show."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("15_recurrence")
FEW = settings(max_examples=20, deadline=None)
SIZES = st.integers(1, 5)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def parameters(layer: nn.Module) -> list[torch.Tensor]:
    return [p.detach() for p in layer.parameters()]


@FEW
@given(T=st.integers(2, 12), p=st.integers(1, 11))
def test_a_window_holds_the_values_before_its_target_and_no_other(T, p):
    series = torch.arange(T, dtype=torch.float64) ** 2 + 1
    if p >= T:
        with pytest.raises(ValueError, match=f"a window of {p} values does not fit a series of {T}"):
            CHAPTER["windows"](series, p)
        return
    X, y = CHAPTER["windows"](series, p)
    assert X.shape == (T - p, p)
    for row, target, t in zip(X, y, range(p, T), strict=True):
        assert row.tolist() == series[t - p : t].tolist()
        assert target == series[t]


def test_least_squares_finds_the_series_that_follows_the_rule():
    series = [1.0, 2.0]
    for _ in range(30):
        series.append(0.5 + 0.9 * series[-1] - 0.7 * series[-2])
    X, y = CHAPTER["windows"](torch.tensor(series), 2)
    torch.testing.assert_close(CHAPTER["least_squares"](X, y), torch.tensor([-0.7, 0.9, 0.5]), rtol=1e-3, atol=1e-4)


@FEW
@given(n=SIZES, T=SIZES, d=SIZES, k=SIZES, seed=st.integers(0, 99))
def test_the_unfolded_cells_are_torchs(n, T, d, k, seed):
    torch.manual_seed(seed)
    x, h = normal(n, T, d, seed=seed), normal(n, k, seed=seed + 1)
    rnn, gru = (kind(d, k, batch_first=True).double() for kind in (nn.RNN, nn.GRU))
    W, U, b_x, b_h = parameters(rnn)
    plain = CHAPTER["unfold"](lambda x, h: CHAPTER["rnn_step"](x, h, W, U, b_x + b_h), x, h)
    torch.testing.assert_close(plain, rnn(x, h[None])[0].detach())
    p = parameters(gru)
    gated = CHAPTER["unfold"](lambda x, h: CHAPTER["gru_step"](x, h, p), x, h)
    torch.testing.assert_close(gated, gru(x, h[None])[0].detach())


@FEW
@given(n=SIZES, T=SIZES, d=SIZES, k=SIZES, seed=st.integers(0, 99))
def test_the_lstm_is_torchs_over_several_steps_with_different_biases(n, T, d, k, seed):
    """Trap 72."""
    torch.manual_seed(seed)
    lstm = nn.LSTM(d, k, batch_first=True).double()
    W, U, b_x, b_h = parameters(lstm)
    x, h, c = normal(n, T, d, seed=seed), normal(n, k, seed=seed + 1), normal(n, k, seed=seed + 2)
    expected, (_, last) = lstm(x, (h[None], c[None]))
    for t in range(T):
        h, c = CHAPTER["lstm_step"](x[:, t], h, c, W, U, b_x + b_h)
        torch.testing.assert_close(h, expected[:, t].detach())
    torch.testing.assert_close(c, last[0].detach())


def test_the_paper_resets_before_the_matrix_and_agrees_where_the_reset_gate_is_open():
    p = [normal(9, 2), normal(9, 3, seed=1), normal(9, seed=2), normal(9, seed=3)]
    x, h = normal(4, 2, seed=4), normal(4, 3, seed=5)
    step = CHAPTER["gru_step"]
    assert not torch.allclose(step(x, h, p), step(x, h, p, reset_first=True), atol=1e-3)
    p[2][:3] = 50.0  # the reset gate is 1
    torch.testing.assert_close(step(x, h, p), step(x, h, p, reset_first=True))
    p[2][3:6] = 50.0  # the update gate is 1: the old state stays
    torch.testing.assert_close(step(x, h, p), h)


@FEW
@given(n=SIZES, T=SIZES, d=SIZES, k=SIZES, m=SIZES, seed=st.integers(0, 99))
def test_backpropagation_through_time_is_autograds(n, T, d, k, m, seed):
    W, U, b, h_0 = (
        normal(*size, seed=seed + i).requires_grad_() for i, size in enumerate([(k, d), (k, k), (k,), (n, k)])
    )
    x, V, y = normal(n, T, d, seed=seed + 5), normal(m, k, seed=seed + 6), normal(n, T, m, seed=seed + 7)
    states = CHAPTER["unfold"](lambda x, h: CHAPTER["rnn_step"](x, h, W, U, b), x, h_0)
    e = states @ V.T - y
    expected = torch.autograd.grad(e.square().sum() / 2, [W, U, b, h_0])
    h = torch.cat([h_0[:, None], states], dim=1).detach()
    found = CHAPTER["bptt"](x, h, e.detach(), U.detach(), V)
    for mine, right in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, right, rtol=1e-10, atol=1e-10)


@FEW
@given(n=SIZES, T=SIZES, d=SIZES, k=SIZES, seed=st.integers(0, 99))
def test_the_lstms_backward_pass_is_autograds_in_each_of_twelve_parameters(n, T, d, k, seed):
    """Trap 73."""
    torch.manual_seed(seed)
    lstm = nn.LSTM(d, k, batch_first=True).double()
    x, y = normal(n, T, d, seed=seed), normal(n, T, k, seed=seed + 1)
    W, U, b_x, b_h = lstm.parameters()
    expected = torch.autograd.grad((lstm(x)[0] - y).square().sum() / 2, [W, U, b_x])
    found = CHAPTER["lstm_gradients"](x, y, W.detach(), U.detach(), (b_x + b_h).detach())
    for name, mine, right in zip("WUb", found, expected, strict=True):
        for gate, part, of_torch in zip("ifgo", mine.chunk(4), right.chunk(4), strict=True):
            torch.testing.assert_close(part, of_torch, rtol=1e-9, atol=1e-10, msg=f"{name}_{gate}")


@pytest.mark.parametrize("k", [1, 3, 7, 20])
def test_no_gradient_crosses_the_border_of_a_piece_and_it_reaches_each_step_within(k):
    """Trap 75."""
    torch.manual_seed(0)
    rnn, x = nn.RNN(2, 3, batch_first=True).double(), normal(4, 7, 2).requires_grad_()
    pieces = list(CHAPTER["in_pieces"](rnn, x, torch.zeros(1, 4, 3).double(), k))
    torch.testing.assert_close(torch.cat(pieces, dim=1), rnn(x)[0])
    last = (7 - 1) // k * k  # where the last piece begins
    (grad,) = torch.autograd.grad(pieces[-1][:, -1].sum(), x)
    assert (grad[:, :last] == 0).all()
    assert (grad[:, last:] != 0).all()


@FEW
@given(c=st.floats(0.01, 50), seed=st.integers(0, 99))
def test_clipping_is_by_the_joint_norm_and_keeps_the_direction(c, seed):
    """Trap 76."""
    grads = [normal(3, 2, seed=seed), normal(4, seed=seed + 1), 5 * normal(1, 5, seed=seed + 2)]
    before = [g.clone() for g in grads]
    found = CHAPTER["clipped"](grads, c)
    whole, mine = (torch.cat([g.flatten() for g in some]) for some in (grads, found))
    torch.testing.assert_close(mine.norm().item(), min(c, whole.norm().item()))
    torch.testing.assert_close(mine / mine.norm(), whole / whole.norm())
    assert all(torch.equal(a, b) for a, b in zip(grads, before, strict=True))


def test_the_forget_bias_is_set_once_and_in_the_right_quarter():
    """Trap 74: with zero weights the forget gate is sigmoid(1), the others sigmoid(0)."""
    lstm = nn.LSTM(2, 3).double()
    for p in lstm.parameters():
        nn.init.zeros_(p)
    nn.init.constant_(lstm.bias_hh_l0[3:6], 9.0)
    CHAPTER["set_forget_bias"](lstm, 1.0)
    W, U, b_x, b_h = parameters(lstm)
    i, f, g, o = CHAPTER["lstm_gates"](normal(4, 2), normal(4, 3), W, U, b_x + b_h)
    torch.testing.assert_close(f, torch.full((4, 3), 1 / (1 + math.exp(-1)), dtype=torch.float64))
    assert (i == 0.5).all()
    assert (o == 0.5).all()
    assert (g == 0).all()


def test_the_gradient_along_time_follows_the_spectral_radius_of_a_linear_cell():
    rotation = torch.tensor([[0.0, -1.1], [1.1, 0.0]], dtype=torch.float64)
    assert CHAPTER["spectral_radius"](rotation) == pytest.approx(1.1)
    rng = torch.Generator().manual_seed(0)
    sizes = CHAPTER["gradient_sizes"](rotation, 9, True, rng)
    torch.testing.assert_close(sizes, 1.1 ** torch.arange(10, dtype=torch.float64))
    assert (CHAPTER["gradient_sizes"](rotation, 9, False, rng)[1:] < sizes[1:]).all()


def test_the_recall_task_shows_its_symbol_at_the_first_step_only():
    x, y = CHAPTER["symbol_and_noise"](50, 6, torch.Generator().manual_seed(0))
    assert x.shape == (50, 7, 5)
    assert (x[:, 0, :4].argmax(dim=1) == y).all()
    assert (x[:, 0, 4] == 1).all()
    assert (x[:, 1:, 4] == 0).all()
    assert set(y.tolist()) == {0, 1, 2, 3}


def test_what_does_not_fit_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="an empty sequence has no last state"):
        CHAPTER["unfold"](lambda x, h: h, torch.zeros(2, 0, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="a limit of 0 leaves no gradient"):
        CHAPTER["clipped"]([torch.ones(3)], 0)
    with pytest.raises(ValueError, match="a piece of 0 steps: give one at least"):
        next(CHAPTER["in_pieces"](nn.RNN(3, 2, batch_first=True), torch.zeros(1, 4, 3), torch.zeros(1, 1, 2), 0))


NAMES = ["aba", "abba", "cab", "bac", "b"]


@FEW
@given(
    n=st.integers(1, 4),
    kappa=st.floats(0.01, 50),
    mixed=st.booleans(),
    context=st.text("abcz", min_size=3, max_size=3),
)
def test_an_ngram_model_is_a_distribution_after_every_context(n, kappa, mixed, context):
    model = (CHAPTER["interpolated"] if mixed else CHAPTER["NGram"])(NAMES, n, kappa)
    P = model(context[: n - 1])
    torch.testing.assert_close(P.sum(), torch.tensor(1.0))
    assert (P > 0).all()
    torch.testing.assert_close(model.smoothed(2.0)(context[: n - 1]).sum(), torch.tensor(1.0))


def test_additive_and_interpolated_probabilities_counted_by_hand():
    outcomes = CHAPTER["OUTCOMES"]
    model = CHAPTER["NGram"](NAMES, 2, 3.0)
    # after a: b, END; b; b; c (aba, abba, cab, bac) and END of abba
    expected = (3 + 3 / 27) / (6 + 3)
    assert model("a")[outcomes.index("b")].item() == pytest.approx(expected)
    single = (6 + 3 / 27) / (19 + 3)  # 19 tokens with the five ENDs, six of them b
    mixed = CHAPTER["interpolated"](NAMES, 2, 3.0)
    assert mixed("a")[outcomes.index("b")].item() == pytest.approx((3 + 3 * single) / (6 + 3))
    assert mixed("z")[outcomes.index("b")].item() == pytest.approx(single)


def test_all_names_of_a_length_and_the_beginnings_that_go_on_share_one():
    model = CHAPTER["NGram"](NAMES, 2, 1.0)
    ended, left_over = CHAPTER["total"](model, 2)
    by_hand = 0.0
    for letters in itertools.chain(itertools.product("abcz", repeat=1), itertools.product("abcz", repeat=2)):
        by_hand += math.exp(-CHAPTER["surprise"](model, "".join(letters)).sum().item())
    assert by_hand < ended < 1
    assert ended + left_over + model("<")[-1].item() == pytest.approx(1, abs=1e-5)


def test_perplexity_does_not_depend_on_the_pieces():
    nats = normal(10).exp()
    whole = CHAPTER["perplexity"]([nats])
    assert whole == pytest.approx(math.exp(nats.mean()))
    assert CHAPTER["perplexity"]([nats[:7], nats[7:]]) == pytest.approx(whole)
    assert CHAPTER["perplexity"]([torch.full((4,), math.log(27))]) == pytest.approx(27)


def test_words_and_names_that_do_not_fit_are_told_in_a_sentence():
    with pytest.raises(ValueError, match="'ä', which is not in the vocabulary"):
        CHAPTER["marked"]("bär", 2)
    for empty in (lambda: CHAPTER["marked"]("", 2), lambda: CHAPTER["encoded"]([""])):
        with pytest.raises(ValueError, match="the sequence is empty"):
            empty()
    with pytest.raises(ValueError, match="kappa has to be positive"):
        CHAPTER["NGram"](NAMES, 2, 0.0)
    with pytest.raises(ValueError, match="no token to score"):
        CHAPTER["perplexity"]([])
    with pytest.raises(ValueError, match="'cat' is not in the vocabulary"):
        CHAPTER["bag"](["cat"], ["dog"])
    net = CHAPTER["LetterLSTM"](3)
    X, Y = CHAPTER["encoded"](NAMES)
    with pytest.raises(ValueError, match="row 1 has 0 ENDs"):
        CHAPTER["name_loss"](net, X[:, :-1], Y[:, :-1])
    with pytest.raises(ValueError, match="the temperature has to be positive"):
        CHAPTER["invented"](net, 1, -1.0, torch.Generator())


def test_windows_stay_in_their_sentence_and_leave_the_centre_out():
    found = CHAPTER["word_windows"]([list("abcde"), list("x"), list("yz")], 3)
    around = {centre: "".join(words) for centre, words in found}
    assert around == {"a": "bcd", "b": "acde", "c": "abde", "d": "abce", "e": "bcd", "x": "", "y": "z", "z": "y"}
    assert ("y", "z") in CHAPTER["pairs"]([list("yz")], 1)


@FEW
@given(B=st.integers(1, 5), K=st.integers(1, 6), d=st.integers(1, 4), seed=st.integers(0, 50))
def test_the_loss_of_skip_gram_is_binary_cross_entropy(B, K, d, seed):
    u, v, negatives = normal(B, d, seed=seed), normal(B, d, seed=seed + 1), normal(B, K, d, seed=seed + 2)
    loss = torch.zeros((), dtype=torch.float64)
    for i in range(B):
        loss -= (u[i] @ v[i]).sigmoid().log()
        for k in range(K):
            loss -= (1 - (u[i] @ negatives[i, k]).sigmoid()).log()
    torch.testing.assert_close(CHAPTER["sgns_loss"](u, v, negatives), loss / B)


def test_negatives_follow_the_counts_to_the_power_three_quarters():
    weights = CHAPTER["negative_weights"](torch.tensor([16.0, 81.0, 0.0, 1.0]))
    torch.testing.assert_close(weights, torch.tensor([8.0, 27.0, 0.0, 1.0]) / 36)


def test_the_loss_of_names_leaves_the_filling_out():
    torch.manual_seed(3)
    net = CHAPTER["LetterLSTM"](4).eval()
    X, Y = CHAPTER["encoded"](NAMES)
    assert X[1].tolist() == [0, 1, 2, 2, 1]
    assert Y[4].tolist() == [2, 0, -100, -100, -100]
    nats = []
    for name in NAMES:
        x, y = CHAPTER["encoded"]([name])
        nats += [-net(x)[0].log_softmax(dim=1)[k, y[0, k]] for k in range(len(name) + 1)]
    torch.testing.assert_close(CHAPTER["name_loss"](net, X, Y), torch.stack(nats).mean())


def test_names_are_drawn_from_the_network_and_a_low_temperature_takes_the_most_probable():
    torch.manual_seed(5)
    net = CHAPTER["LetterLSTM"](4).eval()
    with torch.no_grad():
        net.out.weight.mul_(20)
    drawn = CHAPTER["invented"](net, 4, 1e-3, torch.Generator().manual_seed(0), longest=5)
    text, X = "", torch.zeros(1, 1, dtype=torch.int64)
    for _ in range(5):
        k = net(X)[0, -1].argmax().item()
        if k == 0:
            break
        text += chr(96 + k)
        X = torch.cat([X, torch.tensor([[k]])], dim=1)
    assert drawn == [text] * 4
    assert all(
        set(name) <= set("abcdefghijklmnopqrstuvwxyz") for name in CHAPTER["invented"](net, 9, 3.0, torch.Generator())
    )


@pytest.mark.parametrize("V", [2, 8, 32])
def test_the_words_of_a_tree_share_one(V):
    h, nodes = normal(3), normal(V, 3, seed=1)
    P = torch.stack([CHAPTER["tree_log_prob"](h, nodes, k) for k in range(V)]).exp()
    assert P.sum().item() == pytest.approx(1)
    torch.testing.assert_close(P[: V // 2].sum(), 1 - (nodes[1] @ h).sigmoid())
    torch.testing.assert_close(
        P[-1].log(), sum(F.logsigmoid(nodes[2**k * 2 - 1] @ h) for k in range(V.bit_length() - 1))
    )


def test_the_cost_of_cbow_has_its_letters_right():
    assert CHAPTER["cbow_cost"](4, 8, 16) == 4 * 8 + 8 * 4
