"""Chapter 16's functions against torch and loops, on sizes and values that the chapter does not show."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.support.chapter_code import definitions

CHAPTER = definitions("16_attention")
FEW = settings(max_examples=25, deadline=None)
SIZES = st.integers(1, 5)
PAD, SOS, EOS, UNK = range(4)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@FEW
@given(text=st.text("abcdefghij", min_size=1))
def test_a_word_comes_back_from_its_tokens(text):
    letters = CHAPTER["Vocabulary"]("abcdefghij")
    tokens = letters.encode(text)
    assert tokens[-1] == EOS
    assert len(tokens) == len(text) + 1
    assert letters.decode([SOS, *tokens, PAD, PAD]) == text


def test_what_a_vocabulary_cannot_encode_is_told():
    Vocabulary = CHAPTER["Vocabulary"]
    assert Vocabulary("abc").encode("abz") == [4, 5, UNK, EOS]
    with pytest.raises(ValueError, match="'z' is not in the vocabulary 'abc'"):
        Vocabulary("abc", unknown=False).encode("abz")
    with pytest.raises(ValueError, match="an empty sequence"):
        Vocabulary("abc").encode("")


def test_the_loss_counts_real_tokens_only_and_wants_an_end():
    y = torch.tensor([[5, 7, EOS, PAD], [6, EOS, PAD, PAD], [4, 9, 8, EOS]])
    logits, loss = normal(3, 4, 11), CHAPTER["token_loss"]
    torch.testing.assert_close(loss(logits, y), F.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD))
    longer = torch.cat([logits, normal(3, 2, 11, seed=1)], dim=1)
    torch.testing.assert_close(loss(longer, F.pad(y, (0, 2))), loss(logits, y))  # more padding
    with pytest.raises(ValueError, match="a target has no EOS"):
        loss(logits[:, :3], y[:, :3])


def table(seed: int) -> torch.Tensor:
    logits = 2 * normal(6, 6, 6, seed=seed)
    logits[..., [PAD, SOS, UNK]] = -math.inf
    return logits.log_softmax(dim=-1)


@FEW
@given(seed=st.integers(0, 999))
def test_a_wide_beam_finds_the_best_of_all_sequences_and_a_beam_of_one_is_greedy(seed):
    log_p, best = table(seed), -math.inf
    for row in itertools.product((EOS, 4, 5), repeat=4):
        row = row[: row.index(EOS) + 1] if EOS in row else row
        steps = itertools.pairwise([SOS, SOS, *row])
        total = sum(log_p[i, j, t].item() for (i, j), t in zip(steps, row, strict=False))
        best = max(best, total)
    assert CHAPTER["beam_search"](log_p, 99, 4)[0] == pytest.approx(best)
    assert CHAPTER["every_sequence"](log_p, [SOS, SOS], 4) == pytest.approx(best)
    narrow, greedy = CHAPTER["beam_search"](log_p, 1, 4), CHAPTER["greedy_search"](log_p, 4)
    assert narrow[1] == greedy[1]
    assert narrow[0] == pytest.approx(greedy[0])


def test_a_word_and_its_reverse():
    x, y = CHAPTER["reversals"](20, 2, 6, torch.Generator().manual_seed(0))
    for word, target in zip(x.tolist(), y.tolist(), strict=True):
        letters = [t for t in word if t != PAD]
        assert 2 <= len(letters) <= 6
        assert min(letters) > UNK
        assert [t for t in target if t != PAD] == [*letters[::-1], EOS]


@pytest.mark.parametrize("kind", ["PlainDecoder", "LuongDecoder", "BahdanauDecoder"])
def test_padding_changes_no_translation_and_teacher_forcing_sees_no_later_token(kind):
    torch.manual_seed(0)
    net = CHAPTER["Seq2Seq"](CHAPTER[kind](12), 12).double()
    x, y = CHAPTER["reversals"](3, 3, 7, torch.Generator().manual_seed(1))
    logits, written = net(x, y), net.write(x, 5)
    for b in range(3):
        n = int((x[b] != PAD).sum())
        torch.testing.assert_close(net(x[b : b + 1, :n], y[b : b + 1]), logits[b : b + 1])
        torch.testing.assert_close(net.write(x[b : b + 1, :n], 5), written[b : b + 1])
    changed = y.clone()
    changed[:, 2] = 4 + (changed[:, 2] + 1) % 10
    after = net(x, changed)
    torch.testing.assert_close(after[:, :3], logits[:, :3])
    assert ((after - logits)[:, 3].abs().amax(dim=1) > 0).all()


def test_writing_is_teacher_forcing_on_what_was_written():
    torch.manual_seed(3)
    net = CHAPTER["Seq2Seq"](CHAPTER["BahdanauDecoder"](12), 12).double()
    x, _ = CHAPTER["reversals"](4, 3, 7, torch.Generator().manual_seed(1))
    written = net.write(x, 6)
    assert torch.equal(net(x, written).argmax(dim=-1), written)


@FEW
@given(N=SIZES, T=SIZES, n=SIZES, d=SIZES, seed=st.integers(0, 99))
def test_scores_against_einsum(N, T, n, d, seed):
    S, H, same = normal(N, T, d, seed=seed), normal(N, n, d + 1, seed=seed + 1), normal(N, n, d, seed=seed + 2)
    W, W_q, W_k, v = normal(d, d + 1), normal(3, d), normal(3, d + 1, seed=1), normal(3)
    torch.testing.assert_close(CHAPTER["dot_scores"](S, same), torch.einsum("btd,bnd->btn", S, same))
    torch.testing.assert_close(CHAPTER["general_scores"](S, H, W), torch.einsum("btd,de,bne->btn", S, W, H))
    hidden = torch.einsum("ad,btd->bta", W_q, S)[:, :, None] + torch.einsum("ae,bne->bna", W_k, H)[:, None]
    expected = torch.einsum("a,btna->btn", v, hidden.tanh())
    torch.testing.assert_close(CHAPTER["additive_scores"](S, H, W_q, W_k, v), expected)


def test_context_is_a_mean_over_what_is_real():
    scores, H = normal(2, 3, 5), normal(2, 5, 4, seed=1)
    real = torch.arange(5) < torch.tensor([[2], [5]])
    context, weights = CHAPTER["context_vectors"](scores, H, real)
    torch.testing.assert_close(context[0], scores[0, :, :2].softmax(dim=1) @ H[0, :2])
    torch.testing.assert_close(context[1], scores[1].softmax(dim=1) @ H[1])
    assert (weights[0, :, 2:] == 0).all()


@FEW
@given(N=SIZES, n=SIZES, m=SIZES, d=SIZES, seed=st.integers(0, 99))
def test_attention_is_torchs_with_and_without_a_mask(N, n, m, d, seed):
    q, k, v = normal(N, 2, n, d, seed=seed), normal(N, 2, m, d, seed=seed + 1), normal(N, 2, m, d + 1, seed=seed + 2)
    attention = CHAPTER["attention"]
    torch.testing.assert_close(attention(q, k, v)[0], F.scaled_dot_product_attention(q, k, v))
    mask = normal(N, 1, n, m, seed=seed + 3) > -0.5
    mask[..., 0] = True
    output, weights = attention(q, k, v, mask)
    torch.testing.assert_close(output, F.scaled_dot_product_attention(q, k, v, attn_mask=mask))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(N, 2, n).double())
    assert (weights[(~mask).expand_as(weights)] == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_row_that_sees_nothing_gives_zeros_and_a_gradient(dtype):
    q, k, v = (normal(2, n, 3).to(dtype).requires_grad_() for n in (4, 5, 5))
    mask = torch.zeros(4, 5, dtype=torch.bool)
    mask[1, 3] = True
    output, _ = CHAPTER["attention"](q, k, v, mask)
    assert (output[:, [0, 2, 3]] == 0).all()
    torch.testing.assert_close(output[:, 1], v[:, 3])
    output.sum().backward()
    assert all(t.grad.isfinite().all() for t in (q, k, v))


@pytest.mark.parametrize("scores", [1e4, -1e4])
def test_large_logits_and_a_mask(scores):
    q, k = torch.tensor([[scores]]).double(), torch.tensor([[1.0], [0.5], [-1.0]]).double()
    mask = torch.tensor([[False, True, True]])
    output, _ = CHAPTER["attention"](q, k, torch.tensor([[1.0], [2.0], [3.0]]).double(), mask)
    torch.testing.assert_close(output, torch.tensor([[2.0 if scores > 0 else 3.0]]).double())


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("heads", [1, 3])
def test_a_later_token_changes_no_output_before_it(training, heads):
    torch.manual_seed(0)
    net, x = CHAPTER["MultiHead"](12, heads).double().train(training), normal(2, 5, 12)
    mask = CHAPTER["causal_mask"](5)
    before = net(x, x, x, mask)
    for j in range(5):
        changed = x.clone()
        changed[:, j] += 1
        after = net(changed, changed, changed, mask)
        torch.testing.assert_close(after[:, :j], before[:, :j])
        assert ((after - before)[:, j:].abs().amax(dim=(1, 2)) > 0).all()


@FEW
@given(n=SIZES, m=SIZES, heads=st.integers(1, 4), seed=st.integers(0, 99))
def test_multi_head_is_torchs(n, m, heads, seed):
    torch.manual_seed(seed)
    d = 3 * heads
    net = CHAPTER["MultiHead"](d, heads).double()
    for parameter in net.parameters():
        nn.init.normal_(parameter)
    layer = CHAPTER["torchs"](net)
    X, Y, Z = normal(2, n, d, seed=seed), normal(2, m, d, seed=seed + 1), normal(2, m, d, seed=seed + 2)
    real = torch.arange(m) < torch.tensor([[max(1, m - 1)], [m]])
    expected, weights = layer(X, Y, Z, key_padding_mask=~real, average_attn_weights=False)
    torch.testing.assert_close(net(X, Y, Z, real[:, None, None]), expected)
    torch.testing.assert_close(net.weights, weights)


def test_the_width_must_divide_into_the_heads():
    with pytest.raises(ValueError, match="d_model = 13 does not divide into 3 heads"):
        CHAPTER["MultiHead"](13, 3)


@FEW
@given(n=st.integers(1, 30), d=st.integers(1, 9))
def test_positions_by_the_formula(n, d):
    found = CHAPTER["sinusoids"](n, d)
    assert found.shape == (n, d)
    for p, c in itertools.product(range(n), range(d)):
        angle = p / 10_000 ** (2 * (c // 2) / d)
        assert found[p, c].item() == pytest.approx(math.cos(angle) if c % 2 else math.sin(angle), abs=1e-6)


def test_learned_positions_are_rows_of_a_table_and_refuse_a_longer_sequence():
    positions = CHAPTER["LearnedPositions"](6, 4)
    assert torch.equal(positions(3), positions.table[:3])
    with pytest.raises(ValueError, match="a sequence of 7 tokens, but only 6 positions were learned"):
        positions(7)


def test_each_word_has_one_a_and_one_b_and_half_of_them_each_order():
    x, y = CHAPTER["which_first"](4000, torch.Generator().manual_seed(0))
    assert ((x == 0).sum(dim=1) == 1).all()
    assert ((x == 1).sum(dim=1) == 1).all()
    a, b = ((x == letter).int().argmax(dim=1) for letter in (0, 1))
    assert torch.equal(y, (b < a).long())
    assert 0.45 < y.double().mean() < 0.55


def test_without_positions_and_mask_no_order_changes_the_answer():
    torch.manual_seed(0)
    x = torch.randint(10, (3, 8))
    order = torch.randperm(8)
    for positions, same in (("none", True), ("sinusoidal", False), ("learned", False), ("causal mask", False)):
        net = CHAPTER["OrderNet"](positions).double()
        assert torch.allclose(net(x), net(x[:, order]), atol=1e-12) == same


@FEW
@given(n=SIZES, half=SIZES, start=st.integers(0, 90), seed=st.integers(0, 99))
def test_a_rotation_is_that_of_each_pair(n, half, start, seed):
    x = normal(2, n, 2 * half, seed=seed)
    expected = torch.zeros_like(x)
    for t in range(n):
        for i in range(half):
            a = (start + t) * 10_000.0 ** (-2 * i / (2 * half))
            even, odd = x[:, t, 2 * i], x[:, t, 2 * i + 1]
            expected[:, t, 2 * i] = math.cos(a) * even - math.sin(a) * odd
            expected[:, t, 2 * i + 1] = math.sin(a) * even + math.cos(a) * odd
    torch.testing.assert_close(CHAPTER["rotate"](x, start), expected)


def test_place_0_is_not_rotated_and_an_odd_width_is_told():
    x = normal(1, 6)
    torch.testing.assert_close(CHAPTER["rotate"](x), x)
    with pytest.raises(ValueError, match="5 is odd"):
        CHAPTER["rotate"](torch.zeros(3, 5))


@FEW
@given(n=SIZES, d=st.integers(2, 7), scale=st.sampled_from([1e-3, 1.0, 50.0]), seed=st.integers(0, 99))
def test_layer_normalisation_is_torchs(n, d, scale, seed):
    x, gamma, beta = 3 + scale * normal(n, d, seed=seed), normal(d, seed=seed + 1), normal(d, seed=seed + 2)
    torch.testing.assert_close(CHAPTER["layer_norm"](x, gamma, beta), F.layer_norm(x, (d,), gamma, beta))


@pytest.mark.parametrize("order", ["post", "pre", "no residual"])
def test_a_sublayer_in_its_place(order):
    norm, x = nn.LayerNorm(5).double(), normal(2, 3, 5)
    norm.weight.data, norm.bias.data = normal(5, seed=1), normal(5, seed=2)
    expected = {"post": norm(x + x.sin()), "pre": x + norm(x).sin(), "no residual": norm(x).sin()}
    torch.testing.assert_close(CHAPTER["connected"](x, torch.sin, norm, order), expected[order])


def test_an_unknown_order_is_told():
    with pytest.raises(ValueError, match="it is post, pre or no residual"):
        CHAPTER["connected"](torch.zeros(1, 1, 4), torch.sin, nn.LayerNorm(4), "middle")


@pytest.mark.parametrize("order", ["post", "pre"])
@pytest.mark.parametrize(("n", "m", "heads"), [(1, 4, 1), (5, 2, 2), (7, 3, 4)])
def test_encoder_and_decoder_layers_are_torchs(order, n, m, heads):
    d, rng = 8, torch.Generator().manual_seed(n)
    options = {"dropout": 0.0, "batch_first": True, "norm_first": order == "pre", "dtype": torch.float64}
    ours = CHAPTER["shaken"](CHAPTER["EncoderLayer"](d, heads, 5, order), rng)
    encoder = CHAPTER["in_torch"](ours, nn.TransformerEncoderLayer(d, heads, 5, **options))
    x, y = normal(3, m, d, seed=1), normal(3, n, d, seed=2)
    torch.testing.assert_close(ours(x), encoder(x))
    ours = CHAPTER["shaken"](CHAPTER["DecoderLayer"](d, heads, 5, order), rng)
    decoder = CHAPTER["in_torch"](ours, nn.TransformerDecoderLayer(d, heads, 5, **options))
    mask = torch.ones(n, n).triu(1).bool()
    torch.testing.assert_close(ours(y, x), decoder(y, x, tgt_mask=mask))


@pytest.mark.parametrize("j", [0, 3, 6])
def test_a_later_token_changes_no_earlier_output(j):
    torch.manual_seed(0)
    net = CHAPTER["Transformer"](d=8, heads=2, layers=1).eval()
    source = torch.randint(10, (2, 4))
    target = torch.randint(10, (2, 7))
    other = target.clone()
    other[:, j] = (other[:, j] + 1) % 10
    memory = net.encode(source)
    change = (net.decode(other, memory) - net.decode(target, memory)).abs().amax(dim=(0, 2))
    assert (change[:j] == 0).all()
    assert (change[j:] > 1e-5).all()


def test_what_a_transformer_refuses():
    net = CHAPTER["Transformer"](d=8, heads=2, layers=1, places=5)
    with pytest.raises(ValueError, match="6 tokens is longer than the 5 positions"):
        net.encode(torch.zeros(1, 6, dtype=torch.long))
    source, target = CHAPTER["reversal"](3, 2, torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="does not end with END"):
        CHAPTER["sequence_loss"](net, source, target[:, :-1])


def test_the_reversal_has_its_marks():
    source, target = CHAPTER["reversal"](4, 6, torch.Generator().manual_seed(3))
    assert (source[:, -1] == 10).all()
    assert (target[:, 0] == 11).all()
    assert (target[:, -1] == 10).all()
    assert target[:, 1:-1].flip(1).equal(source[:, :-1])


def test_greedy_decoding_writes_the_most_probable_token():
    torch.manual_seed(1)
    net = CHAPTER["Transformer"](d=8, heads=2, layers=1).eval()
    source, _ = CHAPTER["reversal"](3, 4, torch.Generator().manual_seed(1))
    found = CHAPTER["written"](net, source, 5)
    assert found.shape == (3, 6)
    logits = net.decode(found[:, :-1], net.encode(source))
    assert logits.argmax(dim=-1).equal(found[:, 1:])


def test_letters_are_numbered():
    assert CHAPTER["numbered"]("a, z.").tolist() == [1, 28, 0, 26, 27]
    with pytest.raises(ValueError, match="the text is empty"):
        CHAPTER["numbered"]("")
    with pytest.raises(ValueError, match="does not know 'Q'"):
        CHAPTER["numbered"]("a Q")


def small_net(causal: bool = True, places: int = 12):
    torch.manual_seed(2)
    return CHAPTER["LetterNet"](causal, d=12, heads=3, layers=2, places=places).double().eval()


@pytest.mark.parametrize("pieces", [[1] * 9, [4, 5], [8, 1], [2, 3, 4]])
def test_a_cache_changes_nothing(pieces):
    net, ids = small_net(), torch.randint(29, (2, 9), generator=torch.Generator().manual_seed(4))
    caches = [{} for _ in net.attentions]
    found = torch.cat([net(part, caches) for part in ids.split(pieces, dim=1)], dim=1)
    torch.testing.assert_close(found, net(ids))
    assert caches[0]["k"].shape == (2, 3, 9, 4)


def test_more_letters_than_positions_are_told():
    net = small_net(places=5)
    with pytest.raises(ValueError, match="6 characters are more than the 5 positions"):
        net(torch.zeros(1, 6, dtype=torch.long))
    caches = [{} for _ in net.attentions]
    net(torch.zeros(1, 4, dtype=torch.long), caches)
    with pytest.raises(ValueError, match="6 characters are more than the 5 positions"):
        net(torch.zeros(1, 2, dtype=torch.long), caches)


@pytest.mark.parametrize("causal", [True, False])
def test_only_a_causal_network_keeps_the_past(causal):
    net, ids = small_net(causal), torch.randint(29, (1, 9), generator=torch.Generator().manual_seed(5))
    other = ids.clone()
    other[0, 4] = (other[0, 4] + 1) % 29
    change = (net(other) - net(ids)).abs().amax(dim=(0, 2))
    assert bool((change[:4] < 1e-12).all()) is causal
    assert (change[4:] > 1e-6).all()


def test_losses_count_what_they_should():
    net, ids = small_net(), torch.randint(29, (3, 10), generator=torch.Generator().manual_seed(6))
    loss = F.cross_entropy(net(ids[:, :-1]).transpose(1, 2), ids[:, 1:], reduction="none") / math.log(2)
    torch.testing.assert_close(CHAPTER["next_letter_loss"](net, ids), loss.mean())
    torch.testing.assert_close(CHAPTER["next_letter_loss"](net, ids, first=4), loss[:, 4:].mean())


def test_the_n_gram_is_that_of_a_count_by_hand():
    counts = CHAPTER["ngram_counts"]("aabab", 2)
    one = (2 + 16 / 29) / (5 + 16)  # b alone
    two = (2 + 16 * one) / (3 + 16)  # b behind an a; three a are counted as a context
    assert CHAPTER["ngram_bits"](counts, "ab", 1) == pytest.approx(-math.log2(two))


def test_the_letter_between_is_the_most_frequent_one():
    tables = CHAPTER["between_counts"]("xay xay xby", 1)
    assert CHAPTER["between_guess"](tables, "x?y", 1) == "a"
    assert CHAPTER["between_guess"](tables, "a?b", 1) in "xy"  # never seen: the letter alone


@FEW
@given(k=st.integers(1, 6), temperature=st.floats(0.2, 3.0), seed=st.integers(0, 99))
def test_draws_come_from_the_k_largest(k, temperature, seed):
    logits = normal(6, seed=seed)
    draws = CHAPTER["next_token"](logits.expand(500, -1), temperature, k, torch.Generator().manual_seed(seed))
    assert set(draws.tolist()) <= set(logits.topk(k).indices.tolist())


def test_temperature_0_is_the_largest_and_bad_settings_are_told():
    logits, rng = normal(4, 6), torch.Generator().manual_seed(0)
    next_token = CHAPTER["next_token"]
    assert next_token(logits, 0.0, 3, rng).equal(logits.argmax(dim=-1))
    for temperature, k, words in ((-0.1, 3, "cannot be negative"), (1.0, 0, "give 1 to 6"), (1.0, 7, "give 1 to 6")):
        with pytest.raises(ValueError, match=words):
            next_token(logits, temperature, k, rng)


def test_a_text_is_continued_from_its_last_letters():
    net, rng = small_net(places=8), torch.Generator().manual_seed(1)
    text = "the value of it"
    greedy = CHAPTER["continued"](net, text, 3, 0.0, 29, rng, N=2)
    assert greedy[0] == greedy[1]
    ids = CHAPTER["numbered"](text)[None]
    for letter in greedy[0]:
        assert CHAPTER["LETTERS"][int(net(ids[:, -8:])[0, -1].argmax())] == letter
        ids = torch.cat((ids, CHAPTER["numbered"](letter)[None]), dim=1)


@FEW
@given(n=st.integers(1, 50), d=st.integers(1, 30))
def test_multiplications_are_those_of_the_products(n, d):
    products = 4 * [(n, d, d)] + [(n, d, 4 * d), (n, 4 * d, d), (n, d, n), (n, n, d)]
    assert CHAPTER["multiplications"](n, d) == sum(a * b * c for a, b, c in products)
